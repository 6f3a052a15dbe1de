"""Processes that open sessions until they are killed, and the process of the platform they open them on."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from attrs import define, frozen

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.adapters.simulator.platform import registry
from jackfield.adapters.simulator.platform.bots import Closing, SimulatedBot
from jackfield.adapters.simulator.store import MemoryStore
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.domain.model.errors import BotFull, JackfieldError
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.routing import Routing
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.values import Overflow, Refuse, Wait, WhenFull
from jackfield.domain.services.sessions.asked.wanting import Wanted
from jackfield.domain.services.sessions.holding.admission import Admission
from jackfield.domain.services.sessions.holding.reconciling import Reconciling
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.domain.services.sessions.starting.making import Making
from jackfield.ports.assistants import ConversationId
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger
from tests.proofs.couriers import opened

LIMIT: Final = 5
BOT: Final = Bot(name="retail", id="bot-id-123", limit=LIMIT, routing=Routing(default="human-support-queue"))
ME: Final = Actor(name="proof", reason="b1")
_MS: Final = timedelta(milliseconds=1)
_CLOSINGS: Final = (
    Closing(after=100 * _MS, customer="leaves-*", resolution="abandoned"),
    Closing(after=1_000 * _MS, customer="stays-*"),
)
_WAYS: Final[tuple[WhenFull, ...]] = (Refuse(), Refuse(), Wait(150 * _MS), Overflow())
_ROOT: Final = Path(__file__).parents[2]
_LONGEST_S: Final = 0.02


class CountingPlatform(Platform):
    """A platform that knows how many conversations its bots ever had at a time; `GET /tally` says so.

    Its server answers one request behind the other, so no moment is missed. Conversations that nobody closes
    end by themselves.
    """

    def __init__(self) -> None:
        self._kept = MemoryStore()
        super().__init__(
            clock=SystemClock(), store=self._kept, bots={BOT.id: SimulatedBot(closing=_CLOSINGS)}
        )
        self._peak = 0
        self._made = Counter[str]()

    def send(self, request: Request) -> Response:
        """Answer the request, and count."""
        if request.url.endswith("/tally"):
            tally = {"peak": self._peak, "made": self._made.total(), "sessions": len(self._made)}
            return Response(status=200, headers={}, body=json.dumps(tally).encode())
        response = super().send(request)
        if request.method in {"POST", "PATCH"} and "/conversations" in request.url:
            with self._kept.transaction() as state:
                counts = registry.counts(state)
            self._peak = max(self._peak, counts["active"] - counts["routed"])
            if response.status == 201:
                self._made[json.loads(response.body)["attributes"][SESSION_KEY]] += 1
        return response


@contextmanager
def platform() -> Generator[str]:
    """Run a platform in a process of its own; give its URL."""
    process = _run("platform", stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def tally(url: str) -> dict[str, int]:
    """Return what the platform counted."""
    answer = RequestsSend()(Request(method="GET", url=f"{url}/tally"))
    return dict(json.loads(answer.body))


def gateway(url: str, clock: Clock) -> GenesysSessions:
    """Return the conversations of the platform at *url*."""
    where, policy = hosts(base_url=url), Policy(RequestsSend(), clock)
    tokens = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    return GenesysSessions(Client(policy, [policy.lane(tokens)], where))


@define
class Opener:
    """Opens sessions again and again; some it closes, of some it never hears again."""

    starting: Starting
    note: Callable[[str], None]

    @classmethod
    def of(
        cls,
        url: str,
        ledger: Ledger,
        leases: Leases,
        *,
        note: Callable[[str], None],
        kind: type[Admission] = Admission,
        clock: Clock | None = None,
    ) -> Opener:
        """Return one whose times are short: what a crash left is free after some seconds."""
        clock = clock or SystemClock()
        conversations = gateway(url, clock)
        records = SessionRecords(
            organization=ORGANIZATION, ledger=ledger, clock=clock, new_id=lambda: secrets.token_hex(8)
        )
        reconciling = Reconciling(
            records=records, leases=leases, gateway=conversations, every=200 * _MS, settled=500 * _MS
        )
        admission = kind(
            records=records,
            leases=leases,
            gateway=conversations,
            reconciling=reconciling,
            margin=timedelta(seconds=3),
        )
        making = Making(
            records=records,
            gateway=conversations,
            admission=admission,
            owner=f"process {os.getpid()}",
            margin=timedelta(seconds=3),
        )
        starting = Starting(
            records=records,
            bots={BOT.name: BOT},
            making=making,
            jitter=random.random,
            deadline=timedelta(seconds=3),
        )
        return cls(starting, note)

    def start(self, number: int, when_full: WhenFull | None = None) -> Loaded:
        customer = f"{'leaves' if number % 2 else 'stays'}-{number}"
        wanted = Wanted(bot=BOT.name, customer=customer, when_full=when_full or _WAYS[number % len(_WAYS)])
        return self.starting.start(wanted, ME)

    def open(self, number: int) -> None:
        """Open one, hold it for a moment, and end it unless it ends by itself; note what came of it."""
        try:
            loaded = self.start(number)
        except BotFull:
            self.note("f")
            return
        except JackfieldError as error:
            self.note("e")
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return
        self.note("o" if loaded.state.session.standing is Standing.HANDING_OVER else "a")
        time.sleep(random.random() * _LONGEST_S)
        if not number % 2:
            self._close(loaded)

    def _close(self, loaded: Loaded) -> None:
        ends = self.starting.records.clock.monotonic() + 5
        conversation = ConversationId(loaded.state.session.conversation or "")
        with suppress(JackfieldError):
            self.starting.making.gateway.close(conversation, Resolution.RESOLVED, ends=ends)
            self.starting.making.admission.release(loaded)


@frozen
class Notes:
    """A file to which processes and threads add one letter for each try; it outlives all of them."""

    path: Path

    def add(self, letter: str) -> None:
        with self.path.open("ab", buffering=0) as file:
            file.write(letter.encode())

    def read(self) -> Counter[str]:
        return Counter(self.path.read_text()) if self.path.exists() else Counter()


def open_with_threads(opener: Opener, threads: int, goes_on: Callable[[int], bool]) -> None:
    """Let that many threads open sessions as long as it *goes_on*, by the number of the try."""
    numbers, lock = count(), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers)
            if not goes_on(number):
                return
            opener.open(number)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def start(place: str, url: str, notes: Path, threads: int) -> subprocess.Popen[bytes]:
    """Start a process that opens sessions until it is killed; no list of processes shows the ledger's URL."""
    process = _run("opener", url, str(notes), str(threads), stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin as told:
        told.write(place.encode() + b"\n")
    return process


def _run(*arguments: str, stdin: int | None = None, stdout: int | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.proofs.openers", *arguments]
    return subprocess.Popen(command, cwd=_ROOT, stdin=stdin, stdout=stdout)


def _serve() -> None:
    with SimulatorServer(CountingPlatform()) as server:
        print(server.url, flush=True)
        threading.Event().wait()


def _open_until_killed(place: str, url: str, notes: str, threads: str) -> None:
    with opened(place) as (ledger, leases):
        opener = Opener.of(url, ledger, leases, note=Notes(Path(notes)).add)
        open_with_threads(opener, int(threads), lambda _: True)


if __name__ == "__main__":
    if sys.argv[1] == "platform":
        _serve()
    else:
        _open_until_killed(sys.stdin.readline().strip(), *sys.argv[2:])
