from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken, Token
from jackfield.adapters.genesys.client import Change, Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.breaker import State
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    BreakerOpen,
    InvalidInput,
    JackfieldError,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization

HOSTS = Hosts(api="https://api.example", login="https://login.example")
OK = Response(status=200, body=b"fine")
DOWN = Response(status=503)
LOST = "lost"
CLOSED = "closed"
Step: TypeAlias = Response | str


def throttled(retry_after: str = "") -> Response:
    return Response(status=429, headers={"retry-after": retry_after})


@define
class Platform:
    """Answers by a script, whose last step is repeated, and keeps when it was asked what."""

    clock: FrozenClock
    script: list[Step]
    requests: list[Request] = field(factory=list[Request])
    times: list[float] = field(factory=list[float])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        self.times.append(self.clock.monotonic())
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if step == CLOSED:
            raise Unavailable("the host cannot be reached")
        if isinstance(step, str):
            raise OutcomeUnknown("the connection broke before a whole answer came")
        return step


@define
class House:
    """A client of a scripted platform, on a clock that only waiting moves; the jitter is a half."""

    script: Sequence[Step]
    rules: CallRules = field(factory=CallRules)
    tokens: int = 1
    bulk: bool = True
    heard: list[Measurement] = field(factory=list[Measurement])
    clock: FrozenClock = field(factory=FrozenClock)
    platform: Platform = field(init=False)
    policy: Policy = field(init=False)
    client: Client = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.platform = Platform(self.clock, list(self.script))
        telemetry = Telemetry(organization=Organization("acme"), measure=self.heard.append)
        self.policy = Policy(
            self.platform, self.clock, rules=self.rules, jitter=lambda: 0.5, telemetry=telemetry
        )
        lanes = [self.policy.lane(FixedToken(Secret(f"t{n}"))) for n in range(self.tokens)]
        self.client = Client(self.policy, lanes, HOSTS, bulk=self.bulk)

    def get(self) -> str:
        return self.client.read("/x", bytes.decode)

    def change(self, method: str) -> str:
        return self.client.change(Change(method=method, path="/x", body=b"{}"), bytes.decode)

    def used(self) -> list[str]:
        return [r.headers["Authorization"].removeprefix("Bearer ") for r in self.platform.requests]


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


def test_nobody_sends_with_a_token_that_rests() -> None:
    house = House([throttled("86400"), OK])
    for _ in range(3):
        with pytest.raises(RateLimited):
            house.get()
    assert len(house.platform.requests) == 1


def test_another_token_is_used_while_one_rests() -> None:
    house = House([throttled("86400"), OK], tokens=2)
    assert (house.get(), house.get(), house.used()) == ("fine", "fine", ["t0", "t1", "t1"])


def test_the_least_used_token_is_taken() -> None:
    used_up = Response(
        status=200,
        headers={
            "inin-ratelimit-count": "200",
            "inin-ratelimit-allowed": "300",
            "inin-ratelimit-reset": "9",
        },
    )
    house = House([used_up, OK], tokens=2)
    assert [house.get(), house.get(), house.used()] == ["", "fine", ["t0", "t1"]]


def test_a_refused_token_leaves_the_others_alone() -> None:
    dropped: list[str] = []

    class Renewable(FixedToken):
        def drop(self, token: object) -> None:
            dropped.append(self.name)

        name = ""

    house = House([Response(status=401)])
    sources = [Renewable(Secret("a")), Renewable(Secret("b"))]
    sources[0].name, sources[1].name = "a", "b"
    client = Client(house.policy, [house.policy.lane(source) for source in sources], HOSTS)
    with pytest.raises(AuthenticationFailed):
        client.read("/x", bytes.decode)
    assert dropped == ["a"]


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


class Unknown(FixedToken):
    """The tokens of a client that the platform does not know."""

    def current(self, ends: float = 0.0) -> Token:
        raise AuthenticationFailed("invalid_client")


def test_a_client_that_is_refused_leaves_the_work_to_the_others() -> None:
    house = House([OK])
    sources = (Unknown(Secret("a")), FixedToken(Secret("b")))
    client = Client(house.policy, [house.policy.lane(source) for source in sources], HOSTS)
    for _ in range(3):
        client.read("/x", bytes.decode)
    assert house.used() == ["b", "b", "b"]


def test_that_every_client_is_refused_is_told() -> None:
    house = House([OK])
    lanes = [house.policy.lane(Unknown(Secret("a"))) for _ in range(2)]
    with pytest.raises(AuthenticationFailed):
        Client(house.policy, lanes, HOSTS).read("/x", bytes.decode)


def test_a_client_whose_new_token_is_refused_too_goes_after_the_others() -> None:
    house = House([Response(status=401), Response(status=401), OK])

    class Renewing(FixedToken):
        def current(self, ends: float = 0.0) -> Token:
            return Token(Secret("new"))

    lanes = [house.policy.lane(source) for source in (Renewing(Secret("a")), FixedToken(Secret("b")))]
    client = Client(house.policy, lanes, HOSTS)
    with pytest.raises(AuthenticationFailed):
        client.read("/x", bytes.decode)
    assert (client.read("/x", bytes.decode), house.used()) == ("fine", ["new", "new", "b"])


def test_after_a_renewal_another_token_is_used_where_the_first_must_rest() -> None:
    house = House([Response(status=401), throttled("3600"), OK])

    class Renewing(FixedToken):
        def current(self, ends: float = 0.0) -> Token:
            return Token(Secret("new"))

    lanes = [house.policy.lane(source) for source in (Renewing(Secret("a")), FixedToken(Secret("b")))]
    assert Client(house.policy, lanes, HOSTS).read("/x", bytes.decode) == "fine"


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
