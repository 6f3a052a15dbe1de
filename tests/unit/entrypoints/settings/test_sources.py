"""Settings: from which file, option or variable each comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.settings import resolve, rules
from tests.unit.entrypoints.settings.conftest import CLIENT, PLATFORM, TWO_CLIENTS, Resolve


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


def test_several_clients_share_the_calls(resolved: Resolve) -> None:
    environ = {"ID_A": "a", "SECRET_A": "canary-a", "ID_B": "b", "SECRET_B": "canary-b"}

    settings = resolved(TWO_CLIENTS, {**CLIENT, **environ, "GENESYSCLOUD_ACCESS_TOKEN": "canary"})

    clients = (settings.credentials, *settings.more_clients)
    assert [(c.client_id, c.client_secret.reveal()) for c in clients] == [
        ("a", "canary-a"),
        ("b", "canary-b"),
    ]


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


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("90d", 90), ("36500d", 36_500)])
def test_a_retention_is_a_number_of_days(resolved: Resolve, text: str, days: int) -> None:
    assert resolved(f'[audit]\nretention = "{text}"\n').retention == timedelta(days=days)


def test_payloads_are_kept_for_ever_by_default(resolved: Resolve) -> None:
    assert resolved().retention is None
