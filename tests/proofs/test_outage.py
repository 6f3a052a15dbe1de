"""H2: a dead platform is hardly asked more often than it would be without retries, and soon not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import BreakerOpen, JackfieldError, Unavailable
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret

CALLS, THREADS = 500, 16
HOSTS = Hosts(api="https://api.example", login="https://login.example")
RULES = CallRules(deadline_s=3_600)
NO_BREAKER = evolve(RULES, breaker_calls=1_000, breaker_row=1_000_000, breaker_window_s=0.01)
NEITHER = evolve(NO_BREAKER, quota=1_000_000)


@define
class Outage:
    """A platform that answers everything with 503, and what came of calling it."""

    clock: FrozenClock = field(factory=FrozenClock)
    sent: int = 0
    opened_at: float | None = None
    kinds: list[type[JackfieldError]] = field(factory=list[type[JackfieldError]])

    def __call__(self, request: Request) -> Response:
        self.sent += 1
        return Response(status=503)

    def hear(self, measurement: Measurement) -> None:
        if measurement.name == "jackfield.breaker.transitions" and self.opened_at is None:
            self.opened_at = self.clock.monotonic()


def _run(rules: CallRules, *, threads: int = 1) -> Outage:
    outage = Outage()
    telemetry = Telemetry(measure=outage.hear)
    policy = Policy(outage, outage.clock, rules=rules, jitter=lambda: 0.5, telemetry=telemetry)
    client = Client(policy, [policy.lane(FixedToken(Secret("token")))], HOSTS, bulk=True)

    def call(_: int) -> None:
        with pytest.raises(JackfieldError) as caught:
            client.read("/x", bytes.decode)
        outage.kinds.append(type(caught.value))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(call, range(CALLS)))
    return outage


@pytest.mark.parametrize("threads", [1, THREADS])
def test_an_outage_is_not_made_worse(capsys: pytest.CaptureFixture[str], threads: int) -> None:
    outage = _run(RULES, threads=threads)
    refused = outage.kinds.count(BreakerOpen)
    with capsys.disabled():
        print(
            f"\nH2: {CALLS} calls on {threads} threads into 503s: {outage.sent} requests"
            f" ({outage.sent / CALLS:.3f} a call), {refused} refused at once"
        )
    assert (outage.sent <= CALLS * 1.1, {*outage.kinds} <= {BreakerOpen, Unavailable}) == (True, True)


def test_the_breaker_opens_within_its_window() -> None:
    outage = _run(evolve(RULES, retries=0))
    assert (outage.opened_at, outage.sent) == (0.0, 5)


def test_the_quota_alone_keeps_retries_to_a_few_percent(capsys: pytest.CaptureFixture[str]) -> None:
    outage = _run(NO_BREAKER)
    with capsys.disabled():
        print(f"\nH2: the quota alone: {outage.sent / CALLS:.3f} requests a call")
    assert CALLS < outage.sent <= CALLS * 1.1


def test_without_quota_and_breaker_the_same_calls_are_four_times_as_many() -> None:
    assert _run(NEITHER).sent == CALLS * 4
