"""The policy of calls: deadlines, rests, and the breaker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.genesys.client import Change
from jackfield.adapters.genesys.resilience.breaker import State
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Response
from jackfield.domain.model.errors import (
    BreakerOpen,
    JackfieldError,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Unavailable,
)
from tests.unit.genesys.resilience.policies import DOWN, LOST, OK, House, throttled


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
