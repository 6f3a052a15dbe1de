"""H3: however many threads want a token after a revocation, one token call is made."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from math import inf

import orjson
import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, Token, Tokens, TokenSource
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.secrets import Secret
from tests.proofs.sizes import sized

THREADS = 64
ROUNDS = sized(20, full=100)
HOSTS = Hosts(api="https://api.example", login="https://login.example")


class RevokingPlatform:
    """Gives numbered tokens, knows only the newest, and can revoke that; every answer takes a moment."""

    def __init__(self) -> None:
        self.token_calls = 0
        self._numbers = itertools.count(1)
        self._valid = ""
        self._lock = threading.Lock()

    def revoke(self) -> None:
        with self._lock:
            self._valid = ""

    def __call__(self, request: Request) -> Response:
        time.sleep(0.001)
        if request.url.endswith("/oauth/token"):
            return self._token()
        good = request.headers["Authorization"] == f"Bearer {self._valid}"
        return Response(status=200 if good else 401, body=b"{}")

    def _token(self) -> Response:
        with self._lock:
            self.token_calls += 1
            self._valid = f"token-{next(self._numbers)}"
            body = {"access_token": self._valid, "token_type": "bearer", "expires_in": 86_400}
        return Response(status=200, body=orjson.dumps(body))


class BlindTokens:
    """The negative control: a cache that each thread fills for itself."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: Token | None = None

    def current(self, ends: float = inf) -> Token:
        del ends
        if self._held is None:
            answer = self._send(Request(method="POST", url=f"{HOSTS.login}/oauth/token"))
            self._held = Token(Secret(orjson.loads(answer.body)["access_token"]))
        return self._held

    def drop(self, token: Token) -> None:
        self._held = None


def token_calls(
    platform: RevokingPlatform, tokens: TokenSource, rounds: int
) -> tuple[list[int], list[BaseException]]:
    """Return how many token calls each revocation brought, with every thread calling at once, and errors."""
    policy = Policy(platform, SystemClock())
    client = Client(policy, [policy.lane(tokens)], HOSTS)
    together = threading.Barrier(THREADS)
    client.read("/x", bytes.decode)

    def call() -> str:
        together.wait(30)
        return client.read("/x", bytes.decode)

    counts: list[int] = []
    errors: list[BaseException] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(rounds):
            before = platform.token_calls
            platform.revoke()
            calls = [pool.submit(call) for _ in range(THREADS)]
            errors += [error for error in (done.exception() for done in calls) if error]
            counts.append(platform.token_calls - before)
    return counts, errors


def test_a_revocation_brings_exactly_one_token_call(capsys: pytest.CaptureFixture[str]) -> None:
    platform = RevokingPlatform()
    login = Policy(platform, SystemClock()).login()
    tokens = Tokens(login, HOSTS, Credentials("client", Secret("secret")), SystemClock())
    counts, errors = token_calls(platform, tokens, ROUNDS)
    with capsys.disabled():
        print(f"\nH3: {THREADS} threads, {ROUNDS} revocations, {sum(counts)} token calls")
    assert (counts, errors) == ([1] * ROUNDS, [])


def test_the_same_rounds_catch_a_cache_that_does_not_join_its_callers() -> None:
    platform = RevokingPlatform()
    counts, _ = token_calls(platform, BlindTokens(platform), 3)
    assert sum(counts) > 3 * 2
