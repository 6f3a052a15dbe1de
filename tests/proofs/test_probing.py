"""H4: a half-open breaker admits exactly its probes, and a closed one is in nobody's way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.breaker import Breaker, State
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import BreakerOpen
from jackfield.domain.model.secrets import Secret
from tests.proofs.sizes import sized

THREADS = 16
ROUNDS = sized(200, full=2_000)
HOSTS = Hosts(api="https://api.example", login="https://login.example")


class CarelessBreaker(Breaker):
    """The negative control: it looks at the clock alone, as libraries do."""

    def admit(self) -> int:
        if self.reading().probed_in_s:
            raise BreakerOpen("open")
        return 0


def _admitted(kind: type[Breaker], probes: int, rounds: int) -> list[int]:
    """Return how many of the threads that come at once pass a half-open breaker, in each round."""
    clock, rules = FrozenClock(), CallRules(breaker_probes=probes)
    together = threading.Barrier(THREADS)

    def comes(breaker: Breaker) -> bool:
        together.wait(30)
        try:
            breaker.admit()
        except BreakerOpen:
            return False
        return True

    counts: list[int] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(rounds):
            breaker = kind(clock, rules, lambda _: None, host="h", operation="o")
            for _ in range(5):
                breaker.settle(0, failed=True)
            assert breaker.reading().state is State.OPEN
            clock.advance(timedelta(seconds=30))
            counts.append(sum(pool.map(comes, [breaker] * THREADS)))
    return counts


@pytest.mark.parametrize("probes", [1, 3])
def test_exactly_its_probes_pass_a_half_open_breaker(capsys: pytest.CaptureFixture[str], probes: int) -> None:
    counts = _admitted(Breaker, probes, ROUNDS)
    with capsys.disabled():
        print(
            f"\nH4: {THREADS} threads, {ROUNDS} rounds, {sum(counts) / ROUNDS:g} of {probes} probes a round"
        )
    assert counts == [probes] * ROUNDS


def test_the_same_rounds_catch_a_breaker_that_lets_everybody_through() -> None:
    assert _admitted(CarelessBreaker, 1, 3) == [THREADS] * 3


def test_calls_are_made_at_the_same_time_while_it_is_closed() -> None:
    inside = threading.Barrier(THREADS)

    def send(request: Request) -> Response:
        inside.wait(30)  # breaks unless every thread is in here at once
        return Response(status=200)

    policy = Policy(send, FrozenClock())
    client = Client(policy, [policy.lane(FixedToken(Secret("token")))], HOSTS)
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(client.read, "/x", bytes.decode) for _ in range(THREADS)]
    assert [call.result() for call in calls] == [""] * THREADS
