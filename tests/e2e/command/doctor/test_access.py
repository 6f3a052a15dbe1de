"""`jackfield doctor`: credentials, clients, scopes and permissions."""

from __future__ import annotations

import base64

import pytest

from jackfield.adapters.simulator import Platform, SimulatorServer
from tests.e2e.command.conftest import CLIENT, House
from tests.e2e.command.doctor.conftest import examine, examined, states, target


def test_a_wrong_secret_is_a_failure_with_a_remedy(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-wrong-secret")

    ran = house("doctor")

    assert (ran.code, "canary" in ran.all) == (3, False)
    assert "FAIL  token" in ran.out
    assert "→ check the OAuth client's id and secret, and the region" in ran.out


def test_missing_credentials_hide_no_other_check(house: House, url: str) -> None:
    house.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{url}"\n')

    ran = examine(house)

    assert (ran.code, states(ran, "host", "token", "folder")) == (1, ["ok", "failed", "ok"])
    assert "GENESYSCLOUD_OAUTHCLIENT_ID and no" in examined(ran)["token"][0][1]


def test_a_scope_that_is_missing_is_named(client: House, server: SimulatorServer, ours: Platform) -> None:
    ours.grant(CLIENT, ["ai:llm:manage"])

    found = examined(examine(client))

    assert found["scopes"] == [
        (
            "warning",
            "the token lacks ai:prompt-template:read, ai:prompt-template:write or ai:llm-gateway:manage",
        )
    ]
    assert found["endpoints"][1][1].endswith("the OAuth client lacks ai:prompt-template:read")


def test_metrics_that_cannot_be_had_are_a_warning(
    client: House, server: SimulatorServer, ours: Platform
) -> None:
    ours.grant(CLIENT, ["ai:llm:manage", "ai:prompt-template:read", "ai:prompt-template:write"])

    ran = examine(client)

    assert (ran.code, states(ran, "endpoints")) == (0, ["ok", "ok", "warning"])
    assert examined(ran)["endpoints"][2][1].endswith("the OAuth client lacks ai:metrics:read")


def test_a_missing_permission_is_exit_code_3(client: House, server: SimulatorServer, ours: Platform) -> None:
    ours.grant(CLIENT, ["ai:prompt-template:read"])

    assert examine(client).code == 3


def test_a_token_without_scopes_is_judged_by_what_answers_it(
    client: House, server: SimulatorServer, ours: Platform
) -> None:
    ours.grant(CLIENT, [])

    ran = examine(client)

    assert (ran.code, states(ran, "scopes", "endpoints")) == (3, ["ok", "failed"])


def test_a_platform_that_does_not_tell_scopes_is_no_failure(
    client: House, elsewhere: SimulatorServer
) -> None:
    assert states(examine(client), "token", "scopes") == ["ok", "skipped"]


def test_several_clients_are_tried_each(
    client: House, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_ID", "second")
    pairs = (("GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET"), ("SECOND_ID", "SECOND_SECRET"))
    tables = [
        f'[[targets.prod.clients]]\nclient_id_env = "{i}"\nclient_secret_env = "{s}"\n' for i, s in pairs
    ]
    target(client, server.url, "".join(tables))

    ran = examine(client)

    assert (ran.code, states(ran, "token")) == (1, ["ok", "failed"])
    assert "SECOND_SECRET" in examined(ran)["token"][1][1]


@pytest.mark.parametrize("form", ["table", "json"])
def test_no_secret_is_shown(
    house: House, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-secret")
    target(house, server.url, 'proxy = "http://canary-user:canary-password@127.0.0.1:9"\n')

    ran = house("doctor", "--format", form)

    basic = base64.b64encode(f"{CLIENT}:canary-secret".encode()).decode()
    assert ("canary" in ran.all, basic in ran.all) == (False, False)


@pytest.mark.parametrize("variable", ["GENESYS_BASE_URL", "GENESYSCLOUD_REGION", "GENESYSCLOUD_ACCESS_TOKEN"])
def test_no_secret_in_the_wrong_place_is_shown(
    client: House, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    target(client, "http://canary:canary@127.0.0.1:9")
    monkeypatch.setenv(variable, "https://me:canary@host?canary=canary")

    assert "canary" not in client("doctor", "-v").all + examine(client).all


def test_each_client_names_what_it_lacks_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ID_1", "SECRET_1", "SECRET_2"):
        monkeypatch.setenv(name, "x")
    clients = "".join(
        f'[[targets.prod.clients]]\nclient_id_env = "ID_{n}"\nclient_secret_env = "SECRET_{n}"\n'
        for n in "123"
    )
    target(house, "http://127.0.0.1:9", clients)

    settings = {each["name"]: each["value"] for each in examine(house).json["settings"]}

    assert settings["credentials"] == "client x, secret (not shown); no ID_2; no ID_3 and no SECRET_3"
