"""Sessions led by a core: start, turn and close per second, ends heard per second, memory of live ones."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

from benchmarks.gateway import simulator
from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Outgoing, Platform
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.sessions.asked.values import Accepted, Forged, Received, Repeat
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import SessionTable

SESSIONS: Final = sized(2_000, small=60)
OVER_HTTP: Final = sized(1_000, small=40)
ENDS: Final = sized(4_000, small=100)
LIVE: Final = sized(5_000, small=100)
TURNS: Final = 10
THREADS: Final = 16
BOT: Final = "bot-id-123"
SAID: Final = "I want to cancel my recent order"
NOTES: Final = {"notes": "n" * 1_000}
_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_URL: Final = "https://hooks.example.com/sessions"
_NOTICES: Final = SessionTable(
    table={"notices": {"url": _URL, "secret_env": "SECRET"}}, environ={"SECRET": _SECRET}
)


def run() -> list[Row]:
    """Return the rows; at full size they take some minutes."""
    return [*_in_process(), *_over_http(), *_hearing(), *_living()]


@contextmanager
def _core(platform: Platform | None, url: str | None = None) -> Generator[Core]:
    """Open a core with its ledger on a disk, on *platform* or over HTTP."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        settings = Settings(
            target="bench",
            platform="simulator",
            organization=organization("bench"),
            folder=Path(folder) / "state",
            base_url=url,
            sessions=_NOTICES if url is None else SessionTable(),
        )
        parts = Parts() if platform is None else Parts(send=platform.send, clock=platform.clock)
        with build(settings, parts) as core:
            yield core


def _in_process() -> list[Row]:
    with _core(Platform(clock=SystemClock())) as core:
        lead = _leading(core)
        lead(0)
        alone, cpu = _rate(lead, range(SESSIONS), threads=1)
        many, _ = _rate(lead, range(SESSIONS), threads=THREADS)
    return [
        Row("start, turn and close, in process", alone, "1/s", "-"),
        Row(f"… from {THREADS} threads", many, "1/s", ">= 300"),
        Row("… of the processor, with the simulator's part", cpu * 1e3, "ms", "-"),
    ]


def _over_http() -> list[Row]:
    with simulator() as url, _core(None, url) as core:
        lead = _leading(core)
        lead(0)
        alone, _ = _rate(lead, range(OVER_HTTP), threads=1)
        many, _ = _rate(lead, range(OVER_HTTP), threads=THREADS)
    return [
        Row("start, turn and close, over HTTP", alone, "1/s", "-"),
        Row(f"… from {THREADS} threads", many, "1/s", ">= 100"),
    ]


def _leading(core: Core) -> Callable[[int], None]:
    sessions = core.acting_as("benchmark", reason="to measure").sessions

    def lead(number: int) -> None:
        session = sessions.start(bot=BOT, customer=f"customer-{number}", attributes=NOTES)
        session.turn(SAID)
        session.close("resolved")

    return lead


def _rate(work: Callable[[int], None], numbers: Iterable[int], *, threads: int) -> tuple[float, float]:
    """Return how many were done in a second, and the processor's seconds for each."""
    every = list(numbers)
    begun, spent = perf_counter(), process_time()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, every):
            pass
    took, cpu = perf_counter() - begun, process_time() - spent
    return len(every) / took, cpu / len(every)


def _hearing() -> list[Row]:
    platform = Platform(clock=SystemClock())
    with _core(platform) as core:
        came = _ended(core, platform)
        first, heard = _heard(core, came[: len(came) // 2], threads=1, kind=Accepted)
        many, more = _heard(core, came[len(came) // 2 :], threads=THREADS, kind=Accepted)
        again, _ = _heard(core, came, threads=1, kind=Repeat)
        forged = [_altered(each) for each in came]
        lies, _ = _heard(core, forged, threads=1, kind=Forged)
    assert heard + more == len(came)
    return [
        Row("ends heard and recorded", first, "1/s", "-"),
        Row(f"… from {THREADS} threads", many, "1/s", ">= 2,000"),
        Row("… that were heard before", again, "1/s", ">= 2,000"),
        Row("forged ones refused", lies, "1/s", ">= 2,000"),
    ]


def _ended(core: Core, platform: Platform) -> Sequence[Outgoing]:
    """Return the webhooks of sessions that all ended."""
    sessions = core.acting_as("benchmark", reason="to measure").sessions
    sessions.register_notices()

    def begin(number: int) -> str:
        started = sessions.start(bot=BOT, customer=f"customer-{number}")
        return started.view().conversation or ""

    with ThreadPoolExecutor(THREADS) as pool:
        for conversation in pool.map(begin, range(ENDS)):
            platform.end(conversation, "resolved")
    return platform.notices()


def _heard(core: Core, came: Sequence[Outgoing], *, threads: int, kind: type[Received]) -> tuple[float, int]:
    receive = core.sessions.receive
    begun = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(receive, [each.headers for each in came], [each.body for each in came]))
    took = perf_counter() - begun
    assert all(isinstance(each, kind) for each in answers)
    return len(came) / took, len(answers)


def _altered(notice: Outgoing) -> Outgoing:
    return Outgoing(
        id=notice.id,
        conversation=notice.conversation,
        webhook=notice.webhook,
        url=notice.url,
        headers=notice.headers,
        body=notice.body.replace(b"resolved", b"failed"),
        tries=notice.tries,
        held=notice.held,
    )


def _living() -> list[Row]:
    """Their memory is measured in a process of its own; the simulator's part is in it too."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.attended"], stdout=subprocess.PIPE, text=True, check=True
    )
    mebibytes = float(done.stdout)
    what = f"memory of {LIVE:,} live sessions of {TURNS} turns, with the simulator's part"
    return [Row(what, mebibytes, "MiB", "<= 200")]


def _grown() -> float:
    """Return by how many MiB this process grows while sessions are begun and stay open."""
    with _core(Platform(clock=SystemClock())) as core:
        sessions = core.acting_as("benchmark", reason="to measure").sessions

        def live(number: int) -> None:
            session = sessions.start(bot=BOT, customer=f"customer-{number}", attributes=NOTES)
            for _ in repeat(None, TURNS):
                session.turn(SAID)

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(live, range(THREADS)):
                pass
            before = _resident()
            for _ in pool.map(live, range(THREADS, LIVE + THREADS)):
                pass
        return (_resident() - before) / 2**20


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(_grown())
