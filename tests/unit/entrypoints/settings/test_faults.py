"""Settings that do not fit: all are told at once, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings import resolve
from tests.unit.entrypoints.settings.conftest import CLIENT, PLATFORM, TWO_CLIENTS, Resolve


def test_what_any_of_several_clients_lacks_is_named(resolved: Resolve) -> None:
    with pytest.raises(InvalidInput, match="the environment has no SECRET_B;"):
        resolved(TWO_CLIENTS, {"ID_A": "a", "SECRET_A": "s", "ID_B": "b"})


FAULTS: tuple[tuple[str, Mapping[str, str], str], ...] = (
    ("x = canary", {}, "this is not TOML"),
    ("x = 1", {}, "jackfield.toml: x: there is no such field"),
    ("default = 5", {}, "jackfield.toml: default: it is not a text"),
    ('default = "canary/x"', {}, "its character 7 is '/'; a target's name is letters, digits"),
    (f'default = "{"canary" * 20}"', {}, "it has 120 characters; a target's name is letters, digits"),
    ('default = "b"\n[targets.a]', {}, "there is no target 'b'; there are a"),
    ("[targets.a]\n[targets.b]", {}, "there are several targets: a, b; name one with --target"),
    ('[targets."../canary"]', {}, "its character 3 is '/'; a target's name is letters, digits"),
    ('[targets.".canary"]', {}, "its character 1 is '.'; a target's name is letters, digits"),
    ("targets = 5", {}, "targets: it is not a mapping"),
    ('[targets.a]\nclient_secret = "canary"', {}, "targets.a.client_secret: there is no such field"),
    ('[targets.a]\nplatform = "moon"', {}, "targets.a.platform: 'moon' is none of simulator, genesys"),
    ('[targets.a]\nplatform = "genesys"', CLIENT, "targets.a: a target on the platform needs a region"),
    ('[targets.a]\nplatform = "genesys"\nregion = "moon"', CLIENT, "'moon' is not a region"),
    (
        '[targets.a]\nplatform = "genesys"\nregion = "usw2.mypurecloud.com"',
        CLIENT,
        "write 'usw2.pure.cloud'",
    ),
    ('[targets.a]\nplatform = "genesys"\nbase_url = "ftp://h"', CLIENT, "the base URL is not usable"),
    ('[targets.a]\nplatform = "genesys"\nbase_url = "http://u:canary@h"', CLIENT, "no user, query or frag"),
    (PLATFORM, {}, "no GENESYSCLOUD_OAUTHCLIENT_ID and no GENESYSCLOUD_OAUTHCLIENT_SECRET"),
    (PLATFORM, {"GENESYS_CLIENT_SECRET": "canary"}, "the environment has no GENESYSCLOUD_OAUTHCLIENT_ID"),
    (PLATFORM, {"GENESYSCLOUD_ACCESS_TOKEN": "canary"}, "targets.prod.organization: with an access token"),
    ('[targets.a]\norganization = "a b"', {}, "an organization is 1 to 200 printable ASCII characters"),
    ("[limits]\ncharacters = 0", {}, "limits.characters: a limit is a number from 1, not 0"),
    ('[limits]\ntokens = "canary"', {}, "limits.tokens: it is not a whole number"),
    ("[limits]\ntokens = true", {}, "limits.tokens: it is not a whole number"),
    ("[calls]\nretries = -1", {}, "calls.retries: retries is 0 to 20, not -1"),
    ("[calls]\ndeadline_s = nan", {}, "calls.deadline_s: deadline_s is 0.01 to 3600, not nan"),
    ('[calls]\nretries = "canary"', {}, "calls.retries: it is not a whole number"),
    ("[calls]\nretry = 1", {}, "calls.retry: there is no such field"),
    ("[[targets.a.clients]]\n", {}, "targets.a.clients[0].client_id_env: it is missing"),
    (TWO_CLIENTS + 'x = "y"', {}, "targets.prod.clients[1].x: there is no such field"),
    (
        TWO_CLIENTS.replace("region", 'client_id_env = "X"\nregion'),
        CLIENT,
        "the target names one OAuth client, and a list of them",
    ),
    ("", {"JACKFIELD_TARGET": "canary x"}, "target from JACKFIELD_TARGET: its character 7 is ' '"),
    ("", {"JACKFIELD_STATE": "~canary-user/x"}, "path from JACKFIELD_STATE: this is not a path"),
    ("", {"JACKFIELD_STATE": "\udcff"}, "path from JACKFIELD_STATE: this is not a path"),
)


@pytest.mark.parametrize(("text", "environ", "expected"), FAULTS)
def test_a_setting_that_does_not_fit_is_told(
    resolved: Resolve, text: str, environ: Mapping[str, str], expected: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolved(text, environ)

    assert (expected in str(caught.value), "canary" in str(caught.value)) == (True, False)


def test_a_target_that_was_named_by_an_option_is_shown(resolved: Resolve) -> None:
    with pytest.raises(InvalidInput, match=r"^target from option: 'a/b' is none; a target's name is letters"):
        resolved("", target="a/b")


def test_all_settings_that_do_not_fit_are_told_at_once(resolved: Resolve) -> None:
    text = (
        '[targets.a]\nplatform = "genesys"\n[limits]\ntokens = 0\n[audit]\nretention = "1w"\n'
        "[plugins]\nallow = 3\n"
    )
    with pytest.raises(InvalidInput) as caught:
        resolved(text, CLIENT)

    assert caught.value.message == "3 settings do not fit"
    assert [problem.place.partition(", ")[2] for problem in caught.value.problems] == [
        "targets.a",
        "limits.tokens",
        "audit.retention",
    ]


def test_every_fault_of_a_file_is_told(resolved: Resolve) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolved("x = 1\n[targets.a]\nplatform = 5\ny = 2\n[limits]\nz = 3\n")

    assert [p.message.split(":")[0] for p in caught.value.problems] == [
        "limits.z",
        "targets.a.platform",
        "targets.a.y",
        "x",
    ]


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff", b"#" * 300_000])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jackfield.toml"
    path.write_bytes(content)

    with pytest.raises(InvalidInput) as caught:
        resolve(config=path, environ={})

    assert str(caught.value).startswith(f"{path}: it ")


def test_a_settings_file_that_is_not_there_says_who_named_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no such settings file; .* \(JACKFIELD_CONFIG\)"):
        resolve(environ={"JACKFIELD_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "0d",
        "09d",
        "90",
        "90 d",
        " 90d",
        "-1d",
        "1.5d",
        "90h",
        "36501d",
        "99999999d",
        "\u0669\u0660d",
        "90d\\n",
    ],
)
def test_another_retention_is_named_with_its_place(resolved: Resolve, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"jackfield\.toml, audit\.retention: .*write such as '90d'"):
        resolved(f'[audit]\nretention = "{text}"\n')


def test_an_unknown_key_of_the_audit_table_is_named(resolved: Resolve) -> None:
    with pytest.raises(InvalidInput, match=r"audit\.retentoin"):
        resolved('[audit]\nretentoin = "90d"\n')
