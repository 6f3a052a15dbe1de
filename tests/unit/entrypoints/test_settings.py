"""Settings: options over environment over the file over defaults, and every fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.settings import Settings, resolve, rules

Resolve: TypeAlias = Callable[..., Settings]

PLATFORM = '[targets.prod]\nplatform = "genesys"\nregion = "eu-central-1"\n'
CLIENT = {"GENESYS_CLIENT_ID": "an-id", "GENESYS_CLIENT_SECRET": "canary"}


@pytest.fixture
def resolved(tmp_path: Path) -> Resolve:
    """Resolve the settings of a file's text in an environment."""

    def with_file(
        text: str = "", environ: Mapping[str, str] | None = None, target: str | None = None, **options: Path
    ) -> Settings:
        path = tmp_path / "jackfield.toml"
        path.write_text(text or "# nothing", encoding="utf-8")
        home = {"JACKFIELD_STATE": str(tmp_path / "state")}
        return resolve(target, config=path, environ={**home, **(environ or {})}, **options)

    return with_file


def test_without_a_file_there_is_the_simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = resolve(environ={})

    assert (settings.target, settings.platform, settings.organization) == ("simulator",) * 3
    assert settings.folder.name == "simulator"


def test_the_nearest_file_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jackfield.toml").write_text("[targets.dev]\n", encoding="utf-8")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")

    assert resolve(environ={}).target == "dev"


def test_a_current_folder_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(InvalidInput, match="the current folder cannot be read"):
        resolve(environ={})


def test_a_file_that_is_a_dangling_link_is_no_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jackfield.toml").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInput, match="there is no such file"):
        resolve(environ={})


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text("[targets.dev]\n", encoding="utf-8")

    assert resolve(environ={"JACKFIELD_CONFIG": str(path)}).target == "dev"


def test_a_name_that_no_file_can_have_is_a_missing_file() -> None:
    with pytest.raises(InvalidInput, match="there is no such settings file"):
        resolve(environ={"JACKFIELD_CONFIG": "x" * 300})


@pytest.mark.parametrize("number", ["9" * 5_000, "[" * 3_000])
def test_toml_that_its_reader_cannot_carry_is_refused(number: str, tmp_path: Path) -> None:
    path = tmp_path / "jackfield.toml"
    path.write_text(f"default = {number}", encoding="utf-8")

    with pytest.raises(InvalidInput, match="thousands"):
        resolve(config=path, environ={})


TWO = 'default = "a"\n[targets.a]\n[targets.b]\n[targets.c]\n'


@pytest.mark.parametrize(
    ("option", "environ", "expected", "source"),
    [
        ("c", {"JACKFIELD_TARGET": "b"}, "c", "option"),
        (None, {"JACKFIELD_TARGET": "b"}, "b", "JACKFIELD_TARGET"),
        (None, {"JACKFIELD_TARGET": ""}, "a", "jackfield.toml"),
        (None, {}, "a", "jackfield.toml"),
    ],
)
def test_a_target_is_named_by_option_environment_or_file(
    resolved: Resolve, option: str | None, environ: Mapping[str, str], expected: str, source: str
) -> None:
    settings = resolved(TWO, environ, option)

    assert (settings.target, Path(settings.sources["target"]).name) == (expected, source)


def test_the_only_target_need_not_be_named(resolved: Resolve) -> None:
    assert resolved("[targets.dev]\n").target == "dev"


@pytest.mark.parametrize(
    ("option", "source"), [("from-option", "option"), (None, "JACKFIELD_STATE")], ids=["option", "env"]
)
def test_the_state_folder_is_an_option_before_the_environment(
    resolved: Resolve, tmp_path: Path, option: str | None, source: str
) -> None:
    settings = resolved(state=tmp_path / option if option else None)

    assert settings.folder == tmp_path / (option or "state") / "simulator"
    assert settings.sources["state"] == source


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"GENESYSCLOUD_REGION": "us-east-1", "GENESYS_ENVIRONMENT": "us-west-2"}, "us-east-1"),
        ({"GENESYS_ENVIRONMENT": "us-west-2"}, "us-west-2"),
        ({}, "eu-central-1"),
    ],
)
def test_a_region_is_the_environments_before_the_files(
    resolved: Resolve, environ: Mapping[str, str], expected: str
) -> None:
    assert resolved(PLATFORM, {**CLIENT, **environ}).region == expected


def test_a_base_url_is_the_environments_before_the_files(resolved: Resolve) -> None:
    text = PLATFORM + 'base_url = "http://file.example"\n'

    settings = resolved(text, {**CLIENT, "GENESYS_BASE_URL": "http://env.example"})

    assert (settings.base_url, settings.sources["base_url"]) == ("http://env.example", "GENESYS_BASE_URL")


def test_a_simulator_target_asks_nothing_of_the_environment(resolved: Resolve) -> None:
    settings = resolved("[targets.dev]\n", {"GENESYS_BASE_URL": "http://env.example", **CLIENT})

    assert (settings.base_url, settings.credentials.client_id) == (None, "jackfield")


def test_credentials_are_under_the_names_that_the_target_gives(resolved: Resolve) -> None:
    text = PLATFORM + 'client_id_env = "MY_ID"\nclient_secret_env = "MY_SECRET"\n'

    settings = resolved(text, {**CLIENT, "MY_ID": "mine", "MY_SECRET": "own"})

    assert (settings.credentials.client_id, settings.credentials.client_secret) == ("mine", Secret("own"))


def test_an_access_token_goes_before_a_client(resolved: Resolve) -> None:
    text = PLATFORM + 'organization = "acme"\n'

    settings = resolved(text, {**CLIENT, "GENESYSCLOUD_ACCESS_TOKEN": "token"})

    assert settings.credentials.access_token == Secret("token")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLATFORM, "mypurecloud.de/an-id"),
        (PLATFORM + 'base_url = "http://127.0.0.1:8080"\n', "127.0.0.1:8080/an-id"),
        (PLATFORM + 'organization = "acme"\n', "acme"),
        ("[targets.dev]\n", "dev"),
    ],
)
def test_an_organization_is_the_files_or_the_clients_or_the_targets(
    resolved: Resolve, text: str, expected: str
) -> None:
    assert resolved(text, CLIENT).organization == expected


TWO_CLIENTS = PLATFORM + "".join(
    f'[[targets.prod.clients]]\nclient_id_env = "ID_{n}"\nclient_secret_env = "SECRET_{n}"\n' for n in "AB"
)


def test_several_clients_share_the_calls(resolved: Resolve) -> None:
    environ = {"ID_A": "a", "SECRET_A": "canary-a", "ID_B": "b", "SECRET_B": "canary-b"}

    settings = resolved(TWO_CLIENTS, {**CLIENT, **environ, "GENESYSCLOUD_ACCESS_TOKEN": "canary"})

    clients = (settings.credentials, *settings.more_clients)
    assert [(c.client_id, c.client_secret.reveal()) for c in clients] == [
        ("a", "canary-a"),
        ("b", "canary-b"),
    ]


def test_what_any_of_several_clients_lacks_is_named(resolved: Resolve) -> None:
    with pytest.raises(InvalidInput, match="the environment has no SECRET_B;"):
        resolved(TWO_CLIENTS, {"ID_A": "a", "SECRET_A": "s", "ID_B": "b"})


def test_the_rules_of_calls_are_the_files_over_the_platforms(resolved: Resolve) -> None:
    calls = resolved("[calls]\nretries = 1\ndeadline_s = 30\n[targets.dev]\n").calls

    assert (calls.retries, calls.deadline_s, calls.person_deadline_s) == (1, 30, 20)


def test_limits_and_counter_are_the_files(tmp_path: Path) -> None:
    path = tmp_path / "jackfield.toml"
    path.write_text('token_counter = "quarter"\n[limits]\ncharacters = 100\n', encoding="utf-8")

    found = rules(config=path, environ={})

    assert (found.token_counter, found.policy.characters.value, found.policy.tokens.value) == (
        "quarter",
        100,
        3800,
    )
    assert found.policy.characters.source == f"{path}, limits.characters"


def test_settings_show_no_secret(resolved: Resolve) -> None:
    assert "canary" not in repr(resolved(PLATFORM, CLIENT))


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


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("90d", 90), ("36500d", 36_500)])
def test_a_retention_is_a_number_of_days(resolved: Resolve, text: str, days: int) -> None:
    assert resolved(f'[audit]\nretention = "{text}"\n').retention == timedelta(days=days)


def test_payloads_are_kept_for_ever_by_default(resolved: Resolve) -> None:
    assert resolved().retention is None


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
