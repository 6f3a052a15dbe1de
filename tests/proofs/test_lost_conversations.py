"""H5 for sessions: a conversation whose answer is lost is made once, and looking it up tells whether."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.sessions import Conversation, Opening
from tests.proofs.losses import Arrivals, reset, sending_again, session_started, sessions_over
from tests.proofs.sizes import sized

STARTS = sized(90, full=600)
BOT = "bot-id-123"
ENDS = 1e9
WINDOW = timedelta(seconds=11)
"""So many losses at once would open the breaker."""


@define
class House:
    """A gateway whose line to the platform is cut."""

    gateway: GenesysSessions
    clock: FrozenClock
    line: Line
    arrivals: Arrivals

    def answered(self, session: str) -> Conversation:
        """Nothing is lost."""
        return self.gateway.start(_opening(session), ends=ENDS)

    def answer_lost(self, session: str) -> Conversation:
        """It was made, and nobody heard of it: it is found."""
        self._lost(session, When.AFTER)
        found = self.gateway.look_up(BOT, session, ends=ENDS)
        assert found is not None
        return found

    def never_arrived(self, session: str) -> Conversation:
        """Nobody can tell that from a lost answer, but by looking: then it may be made."""
        self._lost(session, When.BEFORE)
        assert self.gateway.look_up(BOT, session, ends=ENDS) is None
        return self.gateway.start(_opening(session), ends=ENDS)

    def _lost(self, session: str, when: When) -> None:
        self.line.cut("POST", when, reset)
        with pytest.raises(OutcomeUnknown):
            self.gateway.start(_opening(session), ends=ENDS)
        self.clock.advance(WINDOW)


def _opening(session: str) -> Opening:
    return Opening(session=session, bot=BOT, customer="user-456")


def _house(between: Callable[[Send], Send] = lambda send: send) -> House:
    clock = FrozenClock()
    arrivals = Arrivals(Platform(clock=clock), session_started)
    line = Line(arrivals)
    return House(sessions_over(between(line), clock, BOT), clock, line, arrivals)


def test_a_conversation_whose_answer_is_lost_is_made_once_and_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = _house()
    ways = (house.answered, house.answer_lost, house.never_arrived)
    sessions = [f"s-{number}" for number in range(STARTS)]
    started = [ways[number % len(ways)](session) for number, session in enumerate(sessions)]
    with capsys.disabled():
        print(
            f"\nH5: {STARTS} starts, {STARTS * 2 // 3} lost, {house.arrivals.made.total()} made, none twice"
        )
    assert [each.session for each in started] == sessions
    assert {each.id for each in started} == house.gateway.active(BOT, ends=ENDS)
    assert house.arrivals.arrived == house.arrivals.made == Counter(sessions)


@pytest.mark.parametrize("when", When)
def test_a_routing_and_an_end_whose_answer_is_lost_are_sent_until_they_are_answered(when: When) -> None:
    house = _house()
    made = house.answered("s-1")
    house.line.cut("PATCH", when, reset)
    routed = house.gateway.route(made.id, "human-support-queue", _opening("s-1").attributes, ends=ENDS)
    house.line.cut("PATCH", when, reset)
    ended = house.gateway.close(made.id, Resolution.ESCALATED, ends=ENDS)
    assert (routed.queue, ended.active, ended.resolution) == (
        "human-support-queue",
        False,
        Resolution.ESCALATED,
    )


def test_the_same_count_catches_a_client_that_sends_everything_again() -> None:
    house = _house(sending_again)
    house.line.cut("POST", When.AFTER, reset)
    house.answered("s-1")
    assert house.arrivals.made == {"s-1": 2}
