"""H5, for sessions: a start whose answer is lost is never sent twice, nor lost in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Platform
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Overflow, WhenFull
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.ports.assistants import ConversationId
from tests.proofs.losses import (
    Arrivals,
    and_all_readings,
    reset,
    sending_again,
    session_started,
    sessions_over,
)
from tests.proofs.sizes import sized
from tests.unit.services.sessions.starters import MINA, ROUTING, starting, wanted

RESETS = sized(60, full=300)
EXPIRY = timedelta(seconds=60)
_BOT = Bot(name="retail", id="bot-id-123", limit=3, routing=ROUTING)


@define
class House:
    """What starts sessions on a platform whose line is cut."""

    starting: Starting
    clock: FrozenClock
    line: Line
    arrivals: Arrivals

    def recovered(self, customer: str, when_full: WhenFull) -> Standing:
        """The answer is lost; the platform, read back, shows the conversation: nothing is noticed."""
        self.line.cut("POST", When.AFTER, reset)
        return self._end(self._start(customer, when_full))

    def told(self, customer: str, when_full: WhenFull) -> Standing:
        """The answer is lost, and so is every answer to reading back: it is found later."""
        return self._unknown(customer, when_full, When.AFTER)

    def never_sent(self, customer: str, when_full: WhenFull) -> Standing:
        """It never arrived, which nobody can tell from a lost answer: it is given up later."""
        return self._unknown(customer, when_full, When.BEFORE)

    def _start(self, customer: str, when_full: WhenFull) -> Loaded:
        return self.starting.start(wanted(customer=customer, when_full=when_full), MINA)

    def _unknown(self, customer: str, when_full: WhenFull, when: When) -> Standing:
        self.line.cut("POST", when, lambda: and_all_readings(self.line))
        with pytest.raises(OutcomeUnknown) as unknown:
            self._start(customer, when_full)
        self.clock.advance(EXPIRY)
        left = self.starting.records.load(unknown.value.place.removeprefix("session "))
        return self._end(self.starting.settle(left))

    def _end(self, loaded: Loaded) -> Standing:
        """Let the next one have its place; return where it stood."""
        session, making = loaded.state.session, self.starting.making
        making.admission.release(loaded)
        if session.conversation is not None:
            ends = self.clock.monotonic() + 20
            making.gateway.close(ConversationId(session.conversation), Resolution.RESOLVED, ends=ends)
        return session.standing


@contextmanager
def opened(folder: Path, between: Callable[[Send], Send] = lambda send: send) -> Generator[House]:
    clock = FrozenClock()
    arrivals = Arrivals(Platform(clock=clock, queues={"front-desk"}), session_started)
    line = Line(arrivals)
    gateway = sessions_over(between(line), clock, _BOT.id)
    with SqliteLedger(folder / "ledger.db") as ledger:
        begun = starting(ledger, SqliteLeases(ledger.file, clock), gateway, clock, (_BOT,))
        yield House(begun, clock, line, arrivals)


def test_a_start_whose_answer_is_lost_happens_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stood = Counter[Standing]()
    with opened(tmp_path) as house:
        ways = (house.recovered, house.told, house.never_sent)
        for number in range(RESETS):
            stood[ways[number % len(ways)](f"customer-{number}", Overflow())] += 1
        left = house.starting.making.gateway.active(_BOT.id, ends=house.clock.monotonic() + 20)
    made, arrived = house.arrivals.made, house.arrivals.arrived
    with capsys.disabled():
        print(f"\nH5: {RESETS} lost answers of starts, {made.total()} conversations, none twice")
    assert stood == {Standing.ACTIVE: RESETS // 3 * 2, Standing.RELEASED: RESETS // 3}
    assert {*made.values()} == {*arrived.values()} == {1}
    assert made.total() == RESETS // 3 * 2
    assert left == frozenset()


def test_an_overflow_whose_answer_is_lost_happens_once(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        for number in range(_BOT.limit or 0):
            house.starting.start(wanted(customer=f"early-{number}"), MINA)
        ways = (house.recovered, house.told, house.never_sent)
        stood = Counter(ways[n % 3](f"customer-{n}", Overflow("front-desk")) for n in range(RESETS // 2))
    assert stood == {Standing.HANDING_OVER: RESETS // 3, Standing.RELEASED: RESETS // 6}
    assert {*house.arrivals.made.values()} == {1}


def test_the_same_count_catches_a_client_that_sends_everything_again(tmp_path: Path) -> None:
    with opened(tmp_path, sending_again) as house:
        house.recovered("customer-1", Overflow())
    assert {*house.arrivals.made.values()} == {2}
