"""A gateway's read against a bare `requests` read of the same bytes, both of one simulator process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Final

import requests

from benchmarks.rows import Row
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.prompts import ContextRule, ContextSource, PromptDefinition
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.variables import Variable, VariableType

_WARM_UP: Final = 200
_ROUNDS: Final = 2_000
_THREADS: Final = 32
_CALLS: Final = 50
_TURNS: Final = 5
_IDLE: Final = {
    "inin-ratelimit-count": "0",
    "inin-ratelimit-allowed": "300",
    "inin-ratelimit-reset": "60",
}
_SERVER: Final = """
import sys
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform, SimulatorServer
with SimulatorServer(Platform(clock=SystemClock())) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def run(rounds: int = _ROUNDS) -> list[Row]:
    """Measure both, in turns, and return the medians and their ratio."""
    with simulator() as url:
        ours, bare = _reads(url)
        ours_us, bare_us = _medians(ours, bare, rounds)
    return [
        Row(what="bare requests read", measured=bare_us, unit="µs", reach="-"),
        Row(what="gateway read", measured=ours_us, unit="µs", reach="-"),
        Row(what="gateway / bare", measured=ours_us / bare_us, unit="ratio", reach="<= 1.15"),
        Row(what="policy around a call", measured=_policy_us(rounds * 10), unit="µs", reach="<= 40"),
        Row(
            what=f"{_THREADS} threads through one client / bare sends",
            measured=median(_threads_ratio() for _ in range(_TURNS)),
            unit="ratio",
            reach=">= 0.9",
        ),
    ]


def _policy_us(rounds: int) -> float:
    """What the policy adds to a call whose answer is at hand, with the headers of an idle rate limit."""
    answer = Response(status=200, headers=_IDLE)
    policy, lanes = _policy(lambda _: answer)
    request = Request(
        method="GET", url="https://api.example/api/v2/ai/llm/prompts/x", operation="prompts.read"
    )
    for _ in range(_WARM_UP):
        policy.exchange(request, lanes)
    return median(_timed(lambda: policy.exchange(request, lanes)) for _ in range(rounds))


def _threads_ratio() -> float:
    """How many calls threads make through one client, over bare sends of as long; each send takes 10 ms."""
    answer = Response(status=200, headers=_IDLE)

    def send(_: Request) -> Response:
        time.sleep(0.01)
        return answer

    policy, lanes = _policy(send)
    request = Request(method="GET", url="https://api.example/x", operation="prompts.read")
    bare = _throughput(lambda: send(request))
    return _throughput(lambda: policy.exchange(request, lanes)) / bare


def _policy(send: Send) -> tuple[Policy, list[Lane]]:
    policy = Policy(send, SystemClock())
    return policy, [policy.lane(FixedToken(Secret("benchmark")))]


def _throughput(call: Callable[[], object]) -> float:
    """Return the calls a second of all threads together."""

    def calls(_: int) -> None:
        for _ in range(_CALLS):
            call()

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(calls, range(_THREADS)))
        started = time.perf_counter()
        list(pool.map(calls, range(_THREADS)))
        return _THREADS * _CALLS / (time.perf_counter() - started)


@contextmanager
def simulator() -> Generator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def _reads(url: str) -> tuple[Callable[[], object], Callable[[], object]]:
    clock, where = SystemClock(), hosts(base_url=url)
    send = RequestsSend()
    policy = Policy(send, clock)
    tokens = Tokens(policy.login(), where, Credentials("benchmark", Secret("benchmark")), clock)
    gateway = GenesysPrompts(Client(policy, [policy.lane(tokens)], where))
    prompt = gateway.create(_definition())
    session = requests.Session()
    session.trust_env = False
    headers = {
        "Authorization": f"Bearer {tokens.current().secret.reveal()}",
        "Accept": "application/json",
    }
    address = f"{url}/api/v2/ai/llm/prompts/{prompt}"
    return lambda: gateway.active(prompt), lambda: session.get(address, headers=headers).content


def _medians(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    for _ in range(_WARM_UP):
        ours()
        bare()
    taken = [(_timed(ours), _timed(bare)) for _ in range(rounds)]
    return median(o for o, _ in taken), median(b for _, b in taken)


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6


def _definition() -> PromptDefinition:
    """Return a prompt of a usual size: 3,000 characters, eight variables, three rules."""
    names = [f"variable_{i}" for i in range(8)]
    text = " ".join(f"You serve {{{{{name}}}}}." for name in names)
    return PromptDefinition(
        name="benchmark",
        version="1.0.0",
        model="gpt-small",
        max_tokens=4096,
        template=text + " Be brief, be kind, and say when you do not know." * 55,
        variables=tuple(
            Variable(name=name, type=VariableType.STRING, default=None if i % 2 else "retail")
            for i, name in enumerate(names)
        ),
        context_rules=tuple(ContextRule(source=source, max_tokens=500) for source in ContextSource),
    )
