"""H1: in a storm of 429s hardly a request is wasted, and none is sent before `Retry-After` ends."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.queue import Queue
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, RateLimits
from jackfield.adapters.testing.clocks import FastClock
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.secrets import Secret

THREADS, CALLS, LIMIT, WINDOW = 16, 480, 60, timedelta(seconds=1)
HOSTS = Hosts(api="https://api.example", login="https://login.example")
PATH = "/api/v2/ai/llm/prompts/a1b2c3d4-e5f6-7890-abcd-ef1234567890"


class OpenQueue(Queue):
    """The negative control: no gate, and nothing is read from the headers."""

    def shut(self, asked_s: float, later_s: float = 0.0) -> None:
        """Let everybody pass."""

    def leave(self, call: object, headers: Mapping[str, str]) -> None:
        super().leave(call, {})


@define
class Storm:
    """A limited platform, and what was sent to it while a token should have rested.

    A request is early if its thread ended its call before after another's gate was shut, and it was sent
    before the time that this other one was told. What was under way at that moment is not.
    """

    with_headers: bool
    clock: FastClock = field(factory=lambda: FastClock(10))
    sent: int = 0
    refused: int = 0
    early: int = 0
    _numbers: itertools.count[int] = field(factory=itertools.count)
    _shut: tuple[int, float] = (0, 0.0)
    _mine: threading.local = field(factory=threading.local)
    _lock: threading.Lock = field(factory=threading.Lock)
    _platform: Platform = field(init=False)

    def __attrs_post_init__(self) -> None:
        limits = RateLimits(per_token=LIMIT, ai_configuration=100_000, window=WINDOW)
        self._platform = Platform(clock=self.clock, limits=limits)

    def __call__(self, request: Request) -> Response:
        if request.url.endswith("/oauth/token"):
            return self._platform.send(request)
        with self._lock:
            after, until = self._shut
            self.sent += 1
            self.early += getattr(self._mine, "ended", -1) > after and self.clock.monotonic() < until
        response = self._platform.send(request)
        self._mine.ended = next(self._numbers)
        self._mine.until = self.clock.monotonic() + float(response.headers.get("retry-after", 0))
        self.refused += response.status == 429
        plain = {n: v for n, v in response.headers.items() if not n.startswith("inin-ratelimit")}
        return response if self.with_headers else evolve(response, headers=plain)

    def hear(self, measurement: Measurement) -> None:
        """The gate is shut by now, for the thread that tells so."""
        if measurement.name == "jackfield.call.backoff":
            with self._lock:
                self._shut = next(self._numbers), self._mine.until


def _run(storm: Storm, *, bulk: bool = True, kind: type[Queue] = Queue) -> Storm:
    rules = CallRules(deadline_s=3_000, person_deadline_s=3_000, retries=20, quota=100_000)
    policy = Policy(storm, storm.clock, rules=rules, telemetry=Telemetry(measure=storm.hear))
    tokens = Tokens(policy.login(), HOSTS, Credentials("client", Secret("secret")), storm.clock)
    queue = kind(storm.clock, limit=200, reserve=rules.reserve, longest_wait_s=60.0)
    client = Client(policy, [Lane(queue, tokens)], HOSTS, bulk=bulk)

    def call(_: int) -> str | None:
        try:
            return client.read(PATH, bytes.decode)
        except JackfieldError as error:
            return None if kind is OpenQueue else pytest.fail(f"{error}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(call, range(CALLS)))
    return storm


@pytest.mark.parametrize("bulk", [True, False], ids=["bulk", "people"])
def test_hardly_a_request_is_wasted(capsys: pytest.CaptureFixture[str], *, bulk: bool) -> None:
    storm = _run(Storm(with_headers=True), bulk=bulk)
    with capsys.disabled():
        who = "bulk work" if bulk else "people"
        print(
            f"\nH1: {THREADS} threads, {CALLS} calls of {who}, {LIMIT} a window: {storm.sent} requests"
            f" ({storm.sent / CALLS:.3f} a call), {storm.refused} refused, {storm.early} sent too early"
        )
    assert (storm.sent / CALLS <= 1.05, storm.early) == (True, 0)


def test_without_the_platforms_headers_nobody_sends_before_the_token_has_rested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    storm = _run(Storm(with_headers=False))
    with capsys.disabled():
        print(
            f"\nH1: the gate alone: {storm.sent} requests, {storm.refused} refused, {storm.early} too early"
        )
    assert (storm.refused > 0, storm.early) == (True, 0)


def test_the_same_storm_catches_a_client_without_gate_and_pace() -> None:
    storm = _run(Storm(with_headers=True), kind=OpenQueue)
    assert (storm.sent / CALLS > 1.05, storm.early > 0) == (True, True)
