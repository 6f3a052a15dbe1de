"""The policy of calls: deadlines, rests, and the breaker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.around import ENDS
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Change
from jackfield.adapters.genesys.resilience.breaker import State
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    BreakerOpen,
    JackfieldError,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.resilience.policies import DOWN, HOSTS, LOST, OK, House, throttled


def test_a_longer_rest_than_is_waited_for_is_told_at_once() -> None:
    house = House([throttled("61"), OK], CallRules(deadline_s=900))
    with pytest.raises(RateLimited) as caught:
        house.get()
    assert (caught.value.retry_after, house.clock.monotonic()) == (timedelta(seconds=61), 0.0)


def test_a_rest_past_the_deadline_is_told_at_once() -> None:
    house = House([throttled("30"), OK], bulk=False)
    with pytest.raises(RateLimited) as caught:
        house.get()
    assert (caught.value.retry_after, house.clock.monotonic()) == (timedelta(seconds=30), 0.0)


def test_calls_fail_at_once_after_five_failures_in_a_row() -> None:
    house = House([DOWN], CallRules(retries=0))
    for _ in range(5):
        with pytest.raises(Unavailable):
            house.get()
    with pytest.raises(
        BreakerOpen, match=r"GET api.example/x: .* \(prompts.read on api.example, at last: status 503\)"
    ):
        house.get()
    assert len(house.platform.requests) == 5


def test_a_breaker_that_opens_in_the_middle_of_a_call_ends_it_with_its_attempts() -> None:
    house = House([DOWN], CallRules(breaker_row=3))
    with pytest.raises(BreakerOpen) as caught:
        house.get()
    assert [a.status for a in caught.value.attempts] == [503, 503, 503]


def test_a_change_that_the_breaker_ended_after_a_lost_answer_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        House([LOST], CallRules(breaker_row=3)).change("PUT")
    assert isinstance(caught.value.__cause__, BreakerOpen | OutcomeUnknown)


def test_reads_that_fail_leave_changes_alone() -> None:
    house = House([*[DOWN] * 5, OK], CallRules(retries=0))
    for _ in range(5):
        with pytest.raises(Unavailable):
            house.get()
    assert house.change("PUT") == "fine"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429])
def test_a_no_is_no_failure_of_the_platform(status: int) -> None:
    house = House([Response(status=status, headers={"retry-after": "0"})], CallRules(retries=0))
    for _ in range(20):
        with pytest.raises(JackfieldError):
            house.get()
    assert [r.state for r in house.client.breakers()] == [State.CLOSED]


def test_every_try_gets_the_time_that_is_left() -> None:
    house = House([DOWN, DOWN, OK], bulk=False)
    house.get()
    left = [r.deadline.total_seconds() for r in house.platform.requests]
    assert left == pytest.approx([20.0, 17.5, 12.5])


@pytest.mark.parametrize(("bulk", "deadline"), [(True, 90), (False, 20)])
def test_bulk_work_has_more_time_than_a_person(*, bulk: bool, deadline: int) -> None:
    house = House([OK], bulk=bulk)
    house.get()
    assert house.platform.requests[0].deadline == timedelta(seconds=deadline)


def test_calls_that_share_a_deadline_end_together() -> None:
    house = House([DOWN, OK, DOWN, OK], bulk=False)
    client = house.client.sharing_a_deadline()
    for _ in range(2):
        client.read("/x", bytes.decode)
    left = [r.deadline.total_seconds() for r in house.platform.requests]
    assert left == pytest.approx([20.0, 17.5, 17.5, 15.0])


def test_a_call_after_the_shared_deadline_is_not_sent() -> None:
    house = House([OK], bulk=False)
    client = house.client.sharing_a_deadline()
    house.clock.advance(timedelta(seconds=20))
    with pytest.raises(Unavailable, match="the deadline passed before it could be sent"):
        client.change(Change(method="PUT", path="/x", body=b"{}"), bytes.decode)
    assert house.platform.requests == []


def test_a_call_that_waits_too_long_in_the_queue_is_not_sent() -> None:
    headers = {"inin-ratelimit-count": "9", "inin-ratelimit-allowed": "9", "inin-ratelimit-reset": "60"}
    house = House([Response(status=200, headers=headers)], bulk=False)
    house.get()
    with pytest.raises(QueueFull, match=r"GET api.example/x: its turn would come after its deadline"):
        house.get()
    assert len(house.platform.requests) == 1


class Silent:
    """A platform that never answers: each call waits until its time is over."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self.requests = list[Request]()

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        self._clock.advance(min(request.deadline, request.read_timeout))
        raise OutcomeUnknown("no whole answer came before the deadline")


def silent(rules: CallRules | None = None) -> tuple[House, Silent]:
    house = House([OK], rules or CallRules(retries=0, breaker_row=3), bulk=False)
    there = Silent(house.clock)
    house.policy._send = there
    return house, there


def states(house: House) -> list[State]:
    return [each.state for each in house.policy.breakers()]


def within(house: House, seconds: float) -> None:
    with pytest.raises(JackfieldError):
        house.client.until(house.clock.monotonic() + seconds).read("/x", bytes.decode)


def test_who_is_in_haste_opens_no_breaker_for_the_others() -> None:
    house, there = silent()
    for _ in range(20):
        within(house, 1)
    assert (states(house), len(there.requests)) == ([State.CLOSED], 20)


@pytest.mark.parametrize("allowed", [12, 15, 20])
def test_a_host_that_is_silent_for_as_long_as_usual_opens_it(allowed: float) -> None:
    house, _ = silent()
    for _ in range(3):
        within(house, allowed)
    assert states(house) == [State.OPEN]


def test_a_host_that_is_silent_for_as_long_as_its_callers_usually_wait_opens_it() -> None:
    house, _ = silent()
    house.client = house.client.usually(timedelta(seconds=5)).of("advice")
    for _ in range(3):
        within(house, 4.9)
    assert states(house) == [State.OPEN]


def test_what_fails_before_a_short_time_is_over_is_a_failure_of_the_host() -> None:
    house = House([LOST], CallRules(retries=0, breaker_row=3), bulk=False)
    for _ in range(3):
        within(house, 1)
    assert states(house) == [State.OPEN]


def test_a_probe_in_haste_makes_room_for_another() -> None:
    house, _ = silent()
    for _ in range(3):
        within(house, 20)
    house.clock.advance(timedelta(seconds=30))
    within(house, 1)
    house.policy._send = house.platform
    assert (house.get(), states(house)) == ("fine", [State.CLOSED])


def test_a_token_for_who_is_in_haste_opens_no_breaker_for_the_others() -> None:
    house, there = silent()
    tokens = Tokens(house.policy.login(), HOSTS, Credentials("client", Secret("x")), house.clock)
    for _ in range(20):
        with pytest.raises(Unavailable):
            tokens.current(house.clock.monotonic() + 1)
    assert (states(house), len(there.requests)) == ([State.CLOSED], 20)


@pytest.mark.parametrize(("method", "left"), [("PUT", 6), ("POST", 6), ("GET", 8)])
def test_a_change_leaves_a_quarter_of_what_its_caller_allows(method: str, left: float) -> None:
    """By then what got no answer is read back."""
    house = House([OK], bulk=False)
    token = ENDS.set(house.clock.monotonic() + 8)
    try:
        house.get() if method == "GET" else house.change(method)
    finally:
        ENDS.reset(token)
    assert house.platform.requests[0].deadline == timedelta(seconds=left)
