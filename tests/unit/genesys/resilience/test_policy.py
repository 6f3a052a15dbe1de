"""The policy of calls: what is tried again, what is told of it, and its promises under any answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Change
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.resilience.policies import CLOSED, DOWN, LOST, OK, House, Step, throttled


@pytest.mark.parametrize(
    ("step", "times"),
    [
        (DOWN, [0.0, 2.5, 7.5, 17.5]),
        (Response(status=408), [0.0, 2.5, 7.5, 17.5]),
        (LOST, [0.0, 0.5, 1.5, 3.5]),
        (CLOSED, [0.0, 0.5, 1.5, 3.5]),
        (throttled(), [0.0, 1.0, 3.0, 7.0]),
        (throttled("8"), [0.0, 8.4, 16.8, 25.2]),
        (throttled("Thu, 01 Jan 2026 00:00:08 GMT"), [0.0, 8.4, 8.525, 8.65]),
    ],
)
def test_a_read_is_tried_three_times_more(step: Step, times: list[float]) -> None:
    house = House([step])
    with pytest.raises((Unavailable, RateLimited)):
        house.get()
    assert house.platform.times == pytest.approx(times)


@pytest.mark.parametrize("step", [DOWN, LOST, CLOSED, throttled("1")])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_change_that_can_be_repeated_is(step: Step, method: str) -> None:
    assert House([step, step, OK]).change(method) == "fine"


@pytest.mark.parametrize("step", [DOWN, LOST])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_any_other_change_is_sent_once_and_its_outcome_is_unknown(step: Step, method: str) -> None:
    house = House([step, OK])
    with pytest.raises(OutcomeUnknown):
        house.change(method)
    assert len(house.platform.requests) == 1


@pytest.mark.parametrize("step", [CLOSED, throttled("1")])
def test_a_creation_that_did_not_happen_is_sent_again(step: Step) -> None:
    assert House([step, step, OK]).change("POST") == "fine"


@pytest.mark.parametrize(
    "step",
    [Response(status=409), Response(status=404), throttled("86400"), CLOSED],
    ids=["409", "404", "429", "closed"],
)
@pytest.mark.parametrize("first", [DOWN, LOST])
def test_a_no_after_a_lost_answer_leaves_the_outcome_of_a_change_unknown(first: Step, step: Step) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        House([first, step]).change("PUT")
    assert len(caught.value.attempts) >= 2


def test_a_no_after_a_lost_answer_to_a_read_is_a_no() -> None:
    with pytest.raises(RateLimited):
        House([LOST, throttled("86400")]).get()


def test_an_error_has_every_attempt_and_its_text_stays_short() -> None:
    house = House([DOWN, LOST, throttled("1"), CLOSED])
    with pytest.raises(Unavailable) as caught:
        house.get()
    assert [(a.status, a.error) for a in caught.value.attempts] == [
        (503, None),
        (None, "the connection broke before a whole answer came"),
        (429, None),
        (None, "the host cannot be reached"),
    ]
    assert str(caught.value) == "GET api.example/x: the host cannot be reached"


def test_an_answer_that_is_no_success_has_the_attempts_before_it() -> None:
    house = House([DOWN, CLOSED, Response(status=404)])
    with pytest.raises(JackfieldError) as caught:
        house.get()
    assert [a.status for a in caught.value.attempts] == [503, None, 404]


def test_a_success_that_cannot_be_read_has_the_attempts_before_it() -> None:
    house = House([DOWN, OK])
    with pytest.raises(Unavailable) as caught:
        house.client.read("/x", _unreadable)
    assert [a.status for a in caught.value.attempts] == [503, 200]


def _unreadable(_: bytes) -> str:
    raise InvalidInput("the answer is no Thing")


def test_retries_stop_when_the_quota_is_used_up() -> None:
    house = House([DOWN], CallRules(quota=30, breaker_row=999, breaker_calls=999))
    for _ in range(10):
        with pytest.raises(Unavailable):
            house.get()
    assert len(house.platform.requests) == 10 + 30 // 14


def test_a_retry_that_succeeds_costs_nothing() -> None:
    house = House([DOWN, OK] * 9, CallRules(quota=14))
    assert [house.get() for _ in range(9)] == ["fine"] * 9


def test_a_call_that_was_not_sent_has_no_attempts() -> None:
    house = House([OK], bulk=False)
    client = house.client.sharing_a_deadline()
    house.clock.advance(timedelta(seconds=20))
    with pytest.raises(Unavailable) as caught:
        client.read("/x", bytes.decode)
    assert caught.value.attempts == ()


def test_an_interruption_leaves_nothing_behind() -> None:
    house = House([OK])
    lane = house.policy.lane(FixedToken(Secret("t")))

    def interrupted(_: Request) -> Response:
        raise KeyboardInterrupt

    policy = Policy(interrupted, house.clock)
    with pytest.raises(KeyboardInterrupt):
        policy.exchange(Request(method="GET", url="https://h/x"), [lane])
    assert lane.queue.load(0.0, bulk=False) == (0.0, 0.0, 0)


def test_measurements_have_the_organization_and_few_labels() -> None:
    house = House([DOWN, throttled("1"), OK])
    house.get()
    labels = {"operation": "prompts.read", "host": "api.example"}
    assert [(m.name, m.value, dict(m.labels), m.organization) for m in house.heard] == [
        ("jackfield.call.backoff", 2.5, {**labels, "outcome": "failed"}, "acme"),
        ("jackfield.call.backoff", pytest.approx(1.125), {**labels, "outcome": "throttled"}, "acme"),
        ("jackfield.queue.wait", pytest.approx(1.125), labels, "acme"),
        ("jackfield.queue.depth", 0, labels, "acme"),
        ("jackfield.call.duration", pytest.approx(3.625), {**labels, "outcome": "2xx"}, "acme"),
        ("jackfield.call.attempts", 3, {**labels, "outcome": "2xx"}, "acme"),
    ]


def test_a_breakers_changes_are_measured() -> None:
    house = House([DOWN], CallRules(retries=0))
    for _ in range(5):
        with pytest.raises(Unavailable):
            house.get()
    changes = [m.labels["outcome"] for m in house.heard if m.name == "jackfield.breaker.transitions"]
    assert changes == ["open"]


def _lines(act: Callable[[], object]) -> list[tuple[str, dict[str, object]]]:
    lines: list[tuple[str, dict[str, object]]] = []
    sink = logger.add(lambda m: lines.append((m.record["message"], m.record["extra"])), level="DEBUG")
    logger.enable("jackfield")
    try:
        act()
    finally:
        logger.disable("jackfield")
        logger.remove(sink)
    return lines


def test_each_attempt_and_wait_is_a_line_of_the_log() -> None:
    told = _lines(House([DOWN, throttled("1"), OK]).get)
    assert [message for message, _ in told] == [
        "platform call",
        "platform call waits",
        "platform call",
        "platform call waits",
        "platform call waited in the queue",
        "platform call",
    ]


STEPS = st.sampled_from([OK, DOWN, LOST, CLOSED, throttled(), throttled("3"), throttled("86400")])


@given(
    script=st.lists(STEPS, min_size=1, max_size=6),
    method=st.sampled_from(["GET", "PUT", "POST"]),
    bulk=st.booleans(),
)
def test_whatever_comes_a_call_keeps_its_promises(script: list[Step], method: str, *, bulk: bool) -> None:
    house = House([*script, OK], bulk=bulk)
    error: JackfieldError | None = None
    try:
        house.client.change(Change(method=method, path="/x", body=b"{}"), bytes.decode)
    except JackfieldError as raised:
        error = raised
    sent = script[: len(house.platform.requests)]
    lost = [step for step in sent if step in (DOWN, LOST)]
    assert house.clock.monotonic() <= house.rules.deadline(bulk=bulk).total_seconds()
    assert len(sent) <= 4
    assert method != "POST" or len(lost) <= 1
    assert error is None or len(error.attempts) == len(sent)
    assert isinstance(error, OutcomeUnknown) is bool(lost and error and method != "GET")
