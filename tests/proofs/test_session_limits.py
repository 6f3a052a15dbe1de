"""Promise B1, for sessions: a bot never has more than its limit; what crashed holders had is given back."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen

from jackfield.adapters.clock import ShiftedClock, SystemClock
from jackfield.adapters.postgres import PostgresLeases, PostgresLedger
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Refuse
from jackfield.domain.services.sessions.holding.admission import Admission, Permit
from jackfield.domain.services.sessions.holding.reconciling import places
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger
from jackfield.ports.sessions import Opening
from tests.proofs import openers
from tests.proofs.couriers import opened
from tests.proofs.openers import BOT, LIMIT, Notes, Opener, open_with_threads, tally
from tests.proofs.sizes import sized
from tests.unit.services.sessions import starters

TRIES = sized(120, full=10_000)
THREADS_TRIES = sized(600, full=10_000)
THREADS = 32
PROCESSES = 4
KILL_EVERY_S = 0.7
_PATIENCE_S = sized(60, full=600)
_WAYS = "afo"
"""With the bot, refused, and to people: refusals are so quick that they alone might be all tries."""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the ledger is."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def url() -> Iterator[str]:
    with openers.platform() as url:
        yield url


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes")


def test_threads_never_start_more_than_the_limit(
    place: str, url: str, notes: Notes, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(place) as (ledger, leases):
        opener = Opener.of(url, ledger, leases, note=notes.add)
        open_with_threads(opener, THREADS, lambda number: number < THREADS_TRIES)
    counted, came = tally(url), notes.read()
    with capsys.disabled():
        print(f"\nB1, {THREADS} threads: {_told(came, counted)}")
    assert (came.total(), came["e"]) == (THREADS_TRIES, 0)
    assert min(came["a"], came["f"], came["o"]) > 0
    assert _places_left(place, url) == LIMIT
    _assert_within_the_limit(url)


def test_processes_that_are_killed_never_start_more_than_the_limit_and_give_back(
    place: str, url: str, notes: Notes, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(place):
        pass  # the ledger is there
    kills, chance = 0, random.Random(11)
    ends = time.monotonic() + _PATIENCE_S
    with _working(place, url, notes) as workers:
        while notes.read().total() < TRIES or not all(notes.read()[way] for way in _WAYS):
            assert time.monotonic() < ends
            time.sleep(chance.random() * 2 * KILL_EVERY_S)
            victim = chance.randrange(PROCESSES)
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = _start(place, url, notes)
            kills += 1
    counted, came = tally(url), notes.read()
    with capsys.disabled():
        print(f"\nB1, {PROCESSES} processes, {kills} kills: {_told(came, counted)}")
    assert came["e"] == 0
    assert min(came["a"], came["f"], came["o"], kills) > 0
    assert _places_left(place, url) == LIMIT
    _assert_within_the_limit(url)


def test_control_who_only_counts_starts_too_many(place: str, url: str, notes: Notes) -> None:
    with opened(place) as (ledger, leases):
        opener = Opener.of(url, ledger, leases, note=notes.add, kind=CountsOnly)
        open_with_threads(opener, THREADS, lambda number: number < TRIES and tally(url)["peak"] <= LIMIT)
    assert tally(url)["peak"] > LIMIT


def test_control_who_only_has_places_starts_too_many_behind_a_crash(tmp_path: Path) -> None:
    assert _made_behind_a_crash(tmp_path / "control", PlacesOnly) == 2 * starters.LIMIT
    assert _made_behind_a_crash(tmp_path / "ours", Admission) == starters.LIMIT


@frozen(kw_only=True)
class CountsOnly(Admission):
    """The negative control: looks, and then acts."""

    def admit(self, bot: Bot, session: str, *, ends: float) -> Permit | None:
        del session
        active = self.gateway.count_active(bot.id, enough=LIMIT, ends=ends)
        return Permit() if active < LIMIT else None


@frozen(kw_only=True)
class PlacesOnly(Admission):
    """The other negative control: believes that who holds no lease has no conversation."""

    def admit(self, bot: Bot, session: str, *, ends: float) -> Permit | None:
        del ends
        place = self.leases.acquire(
            self.records.organization,
            places(bot.id),
            holder=session,
            lifetime=timedelta(seconds=50),
            limit=starters.LIMIT,
        )
        return None if place is None else Permit(place=place)


def _made_behind_a_crash(folder: Path, kind: type[Admission]) -> int:
    """Start as many as can be, twice; whoever started the first ones crashed before he confirmed them."""
    with starters.opened(folder) as house:
        usual = house.admission
        admission = kind(
            records=usual.records,
            leases=usual.leases,
            gateway=usual.gateway,
            reconciling=usual.reconciling,
        )
        bot, made = starters.bot(), 0
        for half in range(2):
            names = [f"{half}-{number}" for number in range(starters.LIMIT)]
            admitted = [n for n in names if admission.admit(bot, n, ends=house.clock.monotonic() + 20)]
            for name in admitted:
                house.gateway.start(Opening(session=name, bot=bot.id, customer="c"), ends=float("inf"))
            made += len(admitted)
            house.pass_time(51)
        return made


def _told(came: dict[str, int], counted: dict[str, int]) -> str:
    return (
        f"{sum(came.values())} tries, {came['a']} with the bot, {came['o']} to people, {came['f']} refused;"
        f" at most {counted['peak']} of {LIMIT} at a time, none doubled"
    )


def _assert_within_the_limit(url: str) -> None:
    """Up to the limit, as all places were taken at the end; and no session has two conversations."""
    counted = tally(url)
    assert (counted["peak"], counted["made"]) == (LIMIT, counted["sessions"])


def _places_left(place: str, url: str) -> int:
    """How many can start when the leases of those that were killed have expired."""
    clock = ShiftedClock()
    clock.advance(timedelta(days=1))
    with _opened_at(place, clock) as (ledger, leases):
        opener = Opener.of(url, ledger, leases, note=lambda _: None, clock=clock)
        _wait_until_all_ended(url)
        started = [opener.start(2 * number, Refuse()) for number in range(LIMIT)]
    return sum(loaded.state.session.standing is Standing.ACTIVE for loaded in started)


def _wait_until_all_ended(url: str) -> None:
    conversations, clock = openers.gateway(url, SystemClock()), SystemClock()
    ends = clock.monotonic() + 20
    while conversations.active(BOT.id, ends=ends):
        time.sleep(0.05)


@contextmanager
def _opened_at(place: str, clock: ShiftedClock) -> Generator[tuple[Ledger, Leases]]:
    if place.startswith("postgresql:"):
        with PostgresLedger(Secret(place)) as shared:
            yield shared, PostgresLeases(shared.database, clock)
    else:
        with SqliteLedger(Path(place)) as ledger:
            yield ledger, SqliteLeases(ledger.file, clock)


def _start(place: str, url: str, notes: Notes) -> subprocess.Popen[bytes]:
    return openers.start(place, url, notes.path, THREADS // PROCESSES)


@contextmanager
def _working(place: str, url: str, notes: Notes) -> Generator[list[subprocess.Popen[bytes]]]:
    workers = [_start(place, url, notes) for _ in range(PROCESSES)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
