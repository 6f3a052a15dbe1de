"""`jackfield doctor`: a platform that is elsewhere, wrong, silent or late."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from attrs import evolve

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request as HttpRequest
from jackfield.adapters.http import Response as HttpResponse
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.entrypoints.doctor import probes
from tests.e2e.command.conftest import House, simulated
from tests.e2e.command.doctor.conftest import examine, examined, states, target


def test_a_target_on_the_platform_that_is_well(house: House, platform: str) -> None:
    ran = examine(house)

    assert (ran.code, states(ran, "host", "token", "scopes", "endpoints", "clock")) == (0, ["ok"] * 7)
    assert f"{platform} answers (401 without a token)" in examined(ran)["host"][0][1]


def test_the_platform_is_left_as_it_was(client: House, server: SimulatorServer, ours: Platform) -> None:
    before = ours.snapshot()["prompts"]

    examine(client)

    assert ours.snapshot()["prompts"] == before


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


@pytest.mark.parametrize("region", ["usw2.mypurecloud.com", "eu-central-9"])
def test_a_region_that_is_none_is_told_the_right_one(client: House, region: str) -> None:
    client.settings(f'[targets.prod]\nplatform = "genesys"\nregion = "{region}"\norganization = "acme"\n')

    ran = client("doctor")

    assert (ran.code, "FAIL  host" in ran.out, "→ write " in ran.out) == (1, True, True)


def test_a_platform_without_prompts_is_asked_what_it_can_be_asked(client: House) -> None:
    class Empty(Platform):
        def send(self, request: HttpRequest) -> HttpResponse:
            return super().send(evolve(request, url=request.url.replace("pageSize=1", "name=none")))

    with SimulatorServer(Empty(clock=SystemClock())) as running:
        target(client, running.url)
        ran = examine(client)

    assert (ran.code, states(ran, "endpoints")) == (0, ["ok", "skipped"])


def test_an_organization_without_the_endpoints_is_told_what_to_do(
    client: House, elsewhere: SimulatorServer
) -> None:
    ran = client("doctor")

    assert ran.code == 3
    assert "FAIL  endpoints     this organization does not have /api/v2/ai/llm/prompts" in ran.out
    assert "→ ask Genesys whether the LLM Gateway is enabled for it" in ran.out


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


def test_a_proxy_that_is_not_there_is_told(client: House, server: SimulatorServer) -> None:
    target(client, server.url, 'proxy = "http://127.0.0.1:9"\n')

    ran = examine(client)

    assert (ran.code, "the proxy cannot be reached" in examined(ran)["host"][0][1]) == (5, True)


def test_a_real_server_of_another_process_is_examined(client: House) -> None:
    with simulated("--fault", "503:1@GET /api/v2/tokens/me") as url:
        target(client, url)
        ran = examine(client)

    assert (ran.code, states(ran, "host", "token", "scopes")) == (5, ["ok", "ok", "failed"])
