"""`jackfield doctor`: on what works, on every thing that can be wrong, and on nothing at all."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

import jackfield
from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.http import Request as HttpRequest
from jackfield.adapters.http import Response as HttpResponse
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.entrypoints import doctor
from jackfield.entrypoints.doctor import probes
from tests.e2e.command.conftest import CLIENT, SECRET, House, Ran, simulated
from tests.e2e.command.test_terminal import on_a_terminal

CHECKS = {
    "target",
    "region",
    "host",
    "token",
    "scopes",
    "endpoints",
    "clock",
    "folder",
    "disk",
    "ledger",
    "pending",
    "rollouts",
    "sessions",
    "destinations",
    "cache",
    "plugins",
}


def examined(ran: Ran) -> dict[str, list[tuple[str, str]]]:
    """The state and the text of each finding, by the check's name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in ran.json["findings"]:
        found.setdefault(each["name"], []).append((each["state"], each["found"]))
    return found


def states(ran: Ran, *names: str) -> list[str]:
    found = examined(ran)
    return [state for name in names for state, _ in found[name]]


def examine(house: House, *arguments: str) -> Ran:
    return house("doctor", "--format", "json", *arguments)


def target(house: House, url: str, more: str = "") -> None:
    house.settings(f'[targets.prod]\nplatform = "genesys"\norganization = "acme"\nbase_url = "{url}"\n{more}')


@pytest.fixture
def client(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("GENESYS_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    return house


@pytest.fixture
def ours() -> Platform:
    return Platform(clock=SystemClock())


@pytest.fixture
def server(ours: Platform, client: House) -> Iterator[SimulatorServer]:
    """A platform of this test alone, and a target on it."""
    with SimulatorServer(ours) as running:
        target(client, running.url)
        yield running


def test_without_anything_all_is_well(house: House) -> None:
    ran = examine(house)

    assert (ran.code, ran.json["target"], "failed" in str(ran.json)) == (0, "simulator", False)
    assert {*examined(ran)} == CHECKS


def test_looking_makes_nothing(house: House) -> None:
    house("doctor")

    assert list(house.folder.iterdir()) == []


def test_a_target_on_the_platform_that_is_well(house: House, platform: str) -> None:
    ran = examine(house)

    assert (ran.code, states(ran, "host", "token", "scopes", "endpoints", "clock")) == (0, ["ok"] * 7)
    assert f"{platform} answers (401 without a token)" in examined(ran)["host"][0][1]


def test_a_used_ledger_is_told(house: House) -> None:
    house.publish("1.0.0")

    found = examined(examine(house))

    assert "2 entries, a whole chain, head " in found["ledger"][0][1]
    assert found["pending"] == [("ok", "no change is left over")]


def test_the_platform_is_left_as_it_was(client: House, server: SimulatorServer, ours: Platform) -> None:
    before = ours.snapshot()["prompts"]

    examine(client)

    assert ours.snapshot()["prompts"] == before


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


def test_a_host_that_cannot_be_reached_is_exit_code_5(house: House, platform: str) -> None:
    ran = examine(house, "--target", "closed")

    assert (ran.code, states(ran, "host", "token", "clock", "disk")) == (
        5,
        ["failed", "skipped", "skipped", "ok"],
    )
    assert examined(ran)["host"][0][1] == "http://127.0.0.1:9: the host cannot be reached"


def test_a_name_that_does_not_resolve_is_told(client: House) -> None:
    target(client, "http://nowhere.invalid")

    ran = examine(client)

    assert ran.code == 5
    assert examined(ran)["host"][0][1] == "http://nowhere.invalid: the name nowhere.invalid does not resolve"


def test_the_worst_failure_gives_the_exit_code(house: House, url: str) -> None:
    house.settings('[targets.prod]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n')

    ran = examine(house)

    assert (ran.code, states(ran, "host", "token")) == (5, ["failed", "failed"])


@pytest.mark.parametrize("region", ["usw2.mypurecloud.com", "eu-central-9"])
def test_a_region_that_is_none_is_told_the_right_one(client: House, region: str) -> None:
    client.settings(f'[targets.prod]\nplatform = "genesys"\nregion = "{region}"\norganization = "acme"\n')

    ran = client("doctor")

    assert (ran.code, "FAIL  host" in ran.out, "→ write " in ran.out) == (1, True, True)


def test_an_environment_over_the_file_is_a_warning(
    client: House, server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    target(client, "http://127.0.0.1:9")
    monkeypatch.setenv("GENESYS_BASE_URL", server.url)

    ran = examine(client)

    assert (ran.code, states(ran, "region", "host")) == (0, ["warning", "ok"])
    assert "and the file's base_url http://127.0.0.1:9 is not used" in examined(ran)["region"][0][1]


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


def test_a_platform_without_prompts_is_asked_what_it_can_be_asked(client: House) -> None:
    class Empty(Platform):
        def send(self, request: HttpRequest) -> HttpResponse:
            return super().send(evolve(request, url=request.url.replace("pageSize=1", "name=none")))

    with SimulatorServer(Empty(clock=SystemClock())) as running:
        target(client, running.url)
        ran = examine(client)

    assert (ran.code, states(ran, "endpoints")) == (0, ["ok", "skipped"])


@pytest.fixture
def elsewhere(client: House) -> Iterator[SimulatorServer]:
    """A platform that gives tokens, and has none of the endpoints."""

    class Elsewhere(Platform):
        def send(self, request: HttpRequest) -> HttpResponse:
            if "/api/v2/" not in request.url:
                return super().send(request)
            return super().send(evolve(request, url=f"{request.url.partition('/api/')[0]}/nothing"))

    with SimulatorServer(Elsewhere(clock=SystemClock())) as running:
        target(client, running.url)
        yield running


def test_an_organization_without_the_endpoints_is_told_what_to_do(
    client: House, elsewhere: SimulatorServer
) -> None:
    ran = client("doctor")

    assert ran.code == 3
    assert "FAIL  endpoints     this organization does not have /api/v2/ai/llm/prompts" in ran.out
    assert "→ ask Genesys whether the LLM Gateway is enabled for it" in ran.out


def test_a_platform_that_does_not_tell_scopes_is_no_failure(
    client: House, elsewhere: SimulatorServer
) -> None:
    assert states(examine(client), "token", "scopes") == ["ok", "skipped"]


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("503", 5, "the platform failed with 503 service.unavailable"),
        ("429", 3, "the platform's rate limit is reached"),
        ("garbage", 5, "the answer is no JSON object"),
        ("drop", 5, "the connection broke before a whole answer came"),
        ("bomb", 5, "the answer is too large"),
        ("401", 3, "the platform does not accept who we are (bad.credentials)"),
    ],
)
def test_an_endpoint_that_fails_is_told(
    client: House, server: SimulatorServer, kind: str, code: int, said: str
) -> None:
    server.faults.next("GET", "/api/v2/ai/llm/prompts", kind)

    ran = examine(client)

    assert (ran.code, examined(ran)["endpoints"]) == (code, [("failed", f"/api/v2/ai/llm/prompts: {said}")])


@pytest.mark.parametrize(("seconds", "way"), [(90, "ahead of"), (-90, "behind")])
def test_a_clock_that_is_off_is_a_warning(
    client: House, server: SimulatorServer, seconds: int, way: str
) -> None:
    server.faults.randomly("skew", 1, seconds=seconds)

    ran = examine(client)

    assert (ran.code, states(ran, "clock"), way in examined(ran)["clock"][0][1]) == (0, ["warning"], True)


def test_a_server_that_never_answers_is_not_waited_for(
    client: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PATIENCE", timedelta(milliseconds=200))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        target(client, f"http://127.0.0.1:{silent.getsockname()[1]}")
        ran = examine(client)

    assert (ran.code, states(ran, "host", "token", "disk")) == (5, ["failed", "skipped", "ok"])


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


@pytest.mark.parametrize("text", ["[", "[targets.prod]\nregoin = 1\n", 'default = "nowhere"\n'])
def test_settings_that_cannot_be_read_are_the_finding(house: House, text: str) -> None:
    house.settings(text)

    ran = examine(house)

    assert (ran.code, states(ran, "settings", "folder", "ledger")) == (1, ["failed", "ok", "skipped"])


def test_a_folder_that_cannot_be_is_told_without_settings_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", "~nobody-of-that-name/state")

    ran = examine(house)

    assert (ran.code, states(ran, "settings", "folder")) == (1, ["failed", "failed"])


@pytest.fixture
def ledger(house: House) -> Path:
    house.publish("1.0.0", "1.1.0")
    return house.folder / "state" / "simulator" / "ledger.db"


def test_a_cut_ledger_is_told_beside_all_else(house: House, ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:9000])

    ran = examine(house)

    assert (ran.code, states(ran, "ledger", "token", "disk", "plugins")) == (5, ["failed", "ok", "ok", "ok"])


def test_a_ledger_that_was_changed_is_told(house: House, ledger: Path) -> None:
    content = ledger.read_bytes()
    ledger.write_bytes(content.replace(b"jackfield publish", b"jackfield pub1ish"))

    ran = examine(house)

    assert (ran.code, states(ran, "ledger")) == (1, ["failed"])


def test_an_empty_file_is_no_ledger_and_none_is_made_of_it(house: House) -> None:
    path = house.folder / "state" / "simulator" / "ledger.db"
    path.parent.mkdir(mode=0o700, parents=True)
    (house.folder / "state").chmod(0o700)
    path.touch(mode=0o600)

    ran = examine(house)

    assert states(ran, "ledger", "pending") == ["skipped", "skipped"]
    assert [(each.name, each.stat().st_size) for each in path.parent.iterdir()] == [("ledger.db", 0)]


def test_a_ledger_that_is_gone_is_told(house: House, ledger: Path) -> None:
    ledger.unlink()

    ran = examine(house)

    assert (ran.code, states(ran, "ledger")) == (1, ["failed"])


def test_a_ledger_that_no_plugin_gives_is_told_without_its_address(house: House) -> None:
    house.settings('[targets.dev]\nledger = "elsewhere://me:canary@host"\n')

    ran = examine(house)

    assert (ran.code, states(ran, "ledger", "pending"), "canary" in ran.all) == (
        1,
        ["failed", "skipped"],
        False,
    )


@pytest.mark.parametrize("mode", [0o500, 0o777])
def test_a_folder_of_the_wrong_mode_is_told(house: House, ledger: Path, mode: int) -> None:
    ledger.parent.chmod(mode)
    ran = house("doctor")
    ledger.parent.chmod(0o700)

    assert (ran.code, "FAIL  folder" in ran.out) == (1, True)
    assert f"→ chmod 700 {ledger.parent}" in ran.out


@pytest.mark.parametrize("text", ["[targets.dev]\n", "this is not TOML"])
def test_a_folder_of_others_is_never_to_be_changed(
    house: House, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (house.folder / "shared").mkdir()
    (house.folder / "shared").chmod(0o1777)
    monkeypatch.setenv("JACKFIELD_STATE", str(house.folder / "shared"))
    house.settings(text)

    out = house("doctor").out

    assert ("chmod" in out, "choose another path for the state folder" in out) == (False, True)


def test_the_folder_above_the_state_folder_is_nobodys_business(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.folder / "shared").mkdir()
    (house.folder / "shared").chmod(0o1777)
    (house.folder / "shared" / "state").mkdir(mode=0o700)
    monkeypatch.setenv("JACKFIELD_STATE", str(house.folder / "shared" / "state"))
    house.settings("this is not TOML")

    assert f"ok    folder        {house.folder}/shared/state (0700) can be written" in house("doctor").out


def test_a_file_in_the_folders_place_is_told(house: House) -> None:
    (house.folder / "state").write_text("mine", encoding="utf-8")

    ran = examine(house)

    assert (ran.code, states(ran, "folder", "disk")) == (1, ["failed", "ok"])


@pytest.mark.parametrize("state", ["/proc/nowhere", "/dev/null/state"])
def test_a_place_where_nothing_can_be_made_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", state)

    assert states(examine(house), "folder") == ["failed"]


def test_a_clock_that_stepped_back_shows_in_the_ledger(house: House, ledger: Path) -> None:
    found = {each.name: each for each in doctor.examine("simulator", clock=FrozenClock()).findings}

    assert (found["ledger"].state, "after now" in found["ledger"].found) == ("warning", True)


@pytest.fixture
def cache(house: House) -> Path:
    house.publish("1.0.0")
    with jackfield.open() as core:
        core.prompts.live("greeting")
    return house.folder / "state" / "simulator" / "cache"


def test_a_cache_is_told(house: House, cache: Path) -> None:
    assert states(examine(house), "cache") == ["ok"]


def test_a_cache_that_is_not_trusted_is_a_warning(house: House, cache: Path) -> None:
    (cache / "more").write_text("of somebody else", encoding="utf-8")

    ran = examine(house)

    assert (ran.code, states(ran, "cache")) == (0, ["warning"])


def plugin(house: House, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Install a plugin of one module."""
    installed = house.folder / "installed"
    about = installed / "house_rules-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n", encoding="utf-8"
    )
    (about / "entry_points.txt").write_text(
        "[jackfield]\nhouse-rules = house_rules_of_a_test\n", encoding="utf-8"
    )
    (installed / "house_rules_of_a_test.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(installed)


def test_a_plugin_that_fails_is_a_warning(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(house, monkeypatch, "raise ZeroDivisionError")

    ran = examine(house)

    assert (ran.code, states(ran, "plugins")) == (0, ["ok", "warning"])
    assert "house-rules (house-rules 1.0) failed: " in examined(ran)["plugins"][1][1]


def test_a_plugin_that_is_not_allowed_is_left_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(house, monkeypatch, "raise ZeroDivisionError")
    house.settings("[plugins]\nallow = []\n")

    assert states(examine(house), "plugins") == ["ok", "skipped"]


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


def test_where_each_setting_came_from_is_told(client: House, server: SimulatorServer) -> None:
    told = {each["name"]: each for each in examine(client).json["settings"]}

    assert told["credentials"] == {
        "name": "credentials",
        "value": f"client {CLIENT}, secret (not shown)",
        "source": "GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET",
    }
    assert told["base_url"]["source"] == str(client.folder / "jackfield.toml")
    assert told["state"]["source"] == "JACKFIELD_STATE"


def test_a_narrow_terminal_has_no_longer_lines(house: House) -> None:
    drawn = on_a_terminal(house, "doctor")

    assert (max(map(len, drawn.splitlines())) <= 40, "endpoints" in drawn) == (True, True)


def test_a_proxy_that_is_not_there_is_told(client: House, server: SimulatorServer) -> None:
    target(client, server.url, 'proxy = "http://127.0.0.1:9"\n')

    ran = examine(client)

    assert (ran.code, "the proxy cannot be reached" in examined(ran)["host"][0][1]) == (5, True)


def test_a_real_server_of_another_process_is_examined(client: House) -> None:
    with simulated("--fault", "503:1@GET /api/v2/tokens/me") as url:
        target(client, url)
        ran = examine(client)

    assert (ran.code, states(ran, "host", "token", "scopes")) == (5, ["ok", "ok", "failed"])


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
