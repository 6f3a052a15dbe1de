"""How long a request lets the platform be waited for: by `Prefer: wait`, and never longer than we say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.deadlines import preferred
from jackfield.entrypoints.service.problems import Refusal
from jackfield.entrypoints.service.routes import OPERATIONS
from jackfield.entrypoints.settings.service import ServiceRules
from tests.unit.service.assisted import ADVICE, ASSISTED, START
from tests.unit.service.house import ASSISTANT, NAME, House, opened, published
from tests.unit.service.recorded import Recorded, recorded

BODIES: Final[dict[str, Any]] = {
    **{path: body for _, path, body in ASSISTED if body is not None},
    "/v1/prompts/{name}/promote": {"version": "1.1.0"},
    "/v1/prompts/{name}/choose": {"unit": "customer-1"},
    "/v1/ask": {"assistant": ASSISTANT, "prompt": NAME, "user": "Where is it?"},
}
WAITING: Final = [each for each in OPERATIONS if each.waits]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("wait=20", 20),
        ("WAIT = 5", 5),
        ('wait="7"', 7),
        ("respond-async, wait=010; because=slow", 10),
        ("wait=3, wait=nothing", 3),
    ],
)
def test_a_preference_is_read(said: str, seconds: int) -> None:
    assert preferred({"HTTP_PREFER": said}) == timedelta(seconds=seconds)


@pytest.mark.parametrize("said", ["", "respond-async", "return=minimal", "waiting=5", "await=5", ",;=,"])
def test_other_preferences_are_none_of_ours(said: str) -> None:
    assert preferred({"HTTP_PREFER": said}) is None


@pytest.mark.parametrize(
    "said",
    ["wait", "wait=", "wait=0", "wait=-1", "wait=1.5", "wait=soon", "wait=1e3", "wait=٣", "wait=" + "9" * 30],
)
def test_what_is_no_number_of_seconds_is_refused(said: str) -> None:
    with pytest.raises(Refusal, match="whole number of seconds"):
        preferred({"HTTP_PREFER": said})


@pytest.mark.parametrize("operation", WAITING, ids=lambda each: each.id)
def test_every_operation_that_waits_refuses_a_bad_one(house: House, operation: Any) -> None:
    published(house.core, "1.0.0", "1.1.0")
    session = house.post("/v1/sessions", START).json["id"]
    path = operation.path.replace("{name}", NAME).replace("{session}", session)
    if operation.method == "GET":
        found = house.get(path, prefer="wait=soon")
    else:
        found = house.post(path, BODIES.get(operation.path), prefer="wait=soon")
    assert (found.status, found.json["type"]) == (400, "urn:jackfield:problem:header")


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[Recorded, House]]:
    with recorded(tmp_path) as (platform, core):
        published(core, "1.0.0", "1.1.0")
        yield platform, House(core, given=Given(rules=ServiceRules(request_s=9)))


ASKED: Final = [
    ("GET", f"/v1/prompts/{NAME}", None),
    ("GET", "/v1/prompts", None),
    ("POST", f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"}),
    ("POST", "/v1/advice/query", ADVICE),
    ("POST", "/v1/sessions", START),
]


@pytest.mark.parametrize("request_", ASKED, ids=lambda each: each[1])
@pytest.mark.parametrize(("said", "longest"), [("wait=2", 2), ("wait=3600", 9)])
def test_no_call_to_the_platform_may_take_longer(
    asked: tuple[Recorded, House], request_: tuple[str, str, Any], said: str, longest: int
) -> None:
    platform, house = asked
    method, path, body = request_
    platform.requests.clear()
    found = house.get(path, prefer=said) if method == "GET" else house.post(path, body, prefer=said)
    assert found.status == 200, found.body
    assert timedelta() < platform.longest <= timedelta(seconds=longest)


def test_a_rollback_is_bounded_and_the_next_request_is_not(asked: tuple[Recorded, House]) -> None:
    platform, house = asked
    house.post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"})
    platform.requests.clear()
    house.post(f"/v1/prompts/{NAME}/roll-back", prefer="wait=2")
    bounded = platform.longest
    platform.requests.clear()
    house.get(f"/v1/prompts/{NAME}")
    assert bounded <= timedelta(seconds=2) < platform.longest


def test_a_step_of_a_rollout_is_bounded(asked: tuple[Recorded, House]) -> None:
    _, house = asked
    me = house.core.acting_as("user:mina", reason="CHG-4")
    me.rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    found = house.post(f"/v1/rollouts/{NAME}/step", prefer="wait=2")
    assert found.status == 200
    assert house.get(f"/v1/rollouts/{NAME}", prefer="wait=2").status == 200


def test_the_least_of_header_and_body_counts(asked: tuple[Recorded, House]) -> None:
    platform, house = asked
    platform.requests.clear()
    house.post("/v1/advice/query", {**ADVICE, "deadline_s": 0.5}, prefer="wait=5")
    assert platform.longest <= timedelta(seconds=0.5)


def test_a_change_whose_answer_does_not_come_in_time_is_read_back(tmp_path: Path) -> None:
    clock = FrozenClock()
    platform = Platform(clock=clock, limits=None)
    silent = list[str]()

    def send(request: Request) -> Response:
        answer = platform.send(request)
        if request.method in silent:
            clock.advance(request.deadline)
            raise OutcomeUnknown("no whole answer came before the deadline")
        return answer

    with opened(tmp_path, Parts(send=send, dial=platform.dial, clock=clock)) as core:
        published(core, "1.0.0", "1.1.0")
        silent.append("PUT")
        found = House(core).post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"}, prefer="wait=1")
        assert (found.status, core.prompts.live(NAME).definition.version) == (200, "1.1.0")


@pytest.mark.parametrize("said", [{"deadline_s": 2}, {}])
def test_what_a_verb_settles_first_is_bounded_too(tmp_path: Path, said: dict[str, float]) -> None:
    """The session's start was left without an answer; whoever closes it has that settled before."""
    clock = FrozenClock()
    platform = Recorded(Platform(clock=clock, limits=None))
    lost = [True]

    def send(request: Request) -> Response:
        answer = platform.send(request)
        if lost[0] and request.url.partition("?")[0].endswith("/conversations"):
            raise OutcomeUnknown("no whole answer came before the deadline")
        return answer

    with opened(tmp_path, Parts(send=send, dial=platform.platform.dial, clock=clock)) as core:
        house = House(core)
        house.post("/v1/sessions", START)
        (session,) = core.sessions.tracking.look().open
        lost[0] = False
        clock.advance(timedelta(seconds=90))
        platform.requests.clear()
        prefer = {} if said else {"prefer": "wait=2"}
        house.post(f"/v1/sessions/{session}/close", {"resolution": "resolved", **said}, **prefer)
    assert timedelta() < platform.longest <= timedelta(seconds=2)
