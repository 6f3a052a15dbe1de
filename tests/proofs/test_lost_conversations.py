"""H5 for sessions: a conversation whose answer is lost is made once, and looking it up tells whether."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.sessions import Conversation, Opening
from tests.proofs.sizes import sized

STARTS = sized(90, full=600)
BOT = "bot-id-123"
ENDS = 1e9
WINDOW = timedelta(seconds=11)
"""So many losses at once would open the breaker."""


def reset() -> OutcomeUnknown:
    return OutcomeUnknown("the connection broke before a whole answer came")


@define
class Arrivals:
    """A platform, and how often each session's conversation was asked for and made there."""

    platform: Platform
    arrived: Counter[str] = field(factory=Counter[str])
    made: Counter[str] = field(factory=Counter[str])

    def __call__(self, request: Request) -> Response:
        response = self.platform.send(request)
        if request.method == "POST" and request.url.endswith("/conversations"):
            session = json.loads(request.body or b"{}")["attributes"][SESSION_KEY]
            self.arrived[session] += 1
            self.made[session] += response.status == 201
        return response


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
    clock, where = FrozenClock(), hosts(base_url="http://simulator")
    arrivals = Arrivals(Platform(clock=clock))
    line = Line(arrivals)
    policy = Policy(between(line), clock, rules=CallRules(quota=1_000_000))  # the test counts on every try
    tokens = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    gateway = GenesysSessions(Client(policy, [policy.lane(tokens)], where))
    gateway.active(BOT, ends=ENDS)  # has a token from now on
    return House(gateway, clock, line, arrivals)


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


def _blind(send: Send) -> Send:
    """The negative control: a client that sends everything again."""

    def again(request: Request) -> Response:
        try:
            return send(request)
        except OutcomeUnknown:
            return send(request)

    return again


def test_the_same_count_catches_a_client_that_sends_everything_again() -> None:
    house = _house(_blind)
    house.line.cut("POST", When.AFTER, reset)
    house.answered("s-1")
    assert house.arrivals.made == {"s-1": 2}
