"""The simulated platform's own routes, in the service's process."""

from __future__ import annotations

import base64
import json

import pytest

from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.tokens import new_token
from jackfield.entrypoints.settings.service import OwnToken, Scope, ServiceRules
from tests.unit.service.house import House


@pytest.fixture
def simulating(core: Core, platform: Platform) -> House:
    return House(core, given=Given(simulated=platform.send))


def _token(house: House) -> str:
    found = house.ask(
        "POST",
        "/simulator/oauth/token",
        b"grant_type=client_credentials",
        {
            "content_type": "application/x-www-form-urlencoded",
            "authorization": f"Basic {base64.b64encode(b'a:b').decode()}",
        },
    )
    token: str = found.json["access_token"]
    return token


def test_another_client_can_work_with_it(simulating: House) -> None:
    found = simulating.get(
        "/simulator/api/v2/ai/llm/prompts?pageSize=1", authorization=f"Bearer {_token(simulating)}"
    )
    assert (found.status, found.json["entities"][0]["name"]) == (200, "escalation-routing")


def test_what_it_refuses_comes_as_it_refuses_it(simulating: House) -> None:
    found = simulating.get("/simulator/api/v2/ai/llm/prompts")
    assert (found.status, "x-request-id" in found.headers) == (401, True)


def test_what_is_not_under_the_prefix_is_ours(simulating: House) -> None:
    assert simulating.get("/simulators").json["type"] == "urn:jackfield:problem:http"
    assert simulating.get("/healthz").status == 200


def test_a_platform_that_is_away_is_a_problem(core: Core) -> None:
    def send(_: object) -> object:
        raise Unavailable("its folder is full")

    found = House(core, given=Given(simulated=send)).get("/simulator/x")  # type: ignore[arg-type]
    assert (found.status, json.loads(found.body)["detail"]) == (503, "its folder is full")


def test_elsewhere_there_is_no_such_route(house: House) -> None:
    assert house.get("/simulator/oauth/token").status == 404


def test_it_is_work_like_any_other(core: Core, platform: Platform) -> None:
    house = House(core, given=Given(simulated=platform.send, concurrency=1))
    with house.serving.gate.entered():
        assert house.get("/simulator/api/v2/users/me").status == 503
    assert house.get("/simulator/api/v2/users/me").status != 503
    assert house.serving.gate.inside == 0


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"host": "evil.example"}, {"x_forwarded_for": "203.0.113.9"}],
)
def test_only_programs_of_this_machine_may_use_it(simulating: House, headers: dict[str, str]) -> None:
    found = simulating.get("/simulator/api/v2/users/me", authorization="Bearer x", **headers)
    assert (found.status, found.json["type"]) == (403, "urn:jackfield:problem:origin")


@pytest.mark.parametrize("required", [True, False])
def test_where_a_token_is_needed_nobody_may(core: Core, platform: Platform, *, required: bool) -> None:
    token = OwnToken(name="ci", scopes=(Scope.ADMIN,), hash=new_token()[1])
    rules = ServiceRules(require=required, tokens=(token,))
    house = House(core, given=Given(rules=rules, simulated=platform.send))
    assert house.get("/simulator/api/v2/users/me", authorization="Bearer x").status == 403
