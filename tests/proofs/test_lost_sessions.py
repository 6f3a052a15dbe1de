"""H5, for sessions: a start whose answer is lost is never sent twice, nor lost in silence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

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
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Overflow, WhenFull
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.ports.assistants import ConversationId
from tests.proofs.sizes import sized
from tests.unit.services.sessions.starters import MINA, ROUTING, starting, wanted

RESETS = sized(60, full=300)
EXPIRY = timedelta(seconds=60)
TRIES = 4
"""How often a read is tried under the policy."""
_BOT = Bot(name="retail", id="bot-id-123", limit=3, routing=ROUTING)


def reset() -> OutcomeUnknown:
    return OutcomeUnknown("the connection broke before a whole answer came")


@define
class Arrivals:
    """A platform, and how often each session's conversation was asked for there, and made."""

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
        self.line.cut("POST", when, self._everything_is_lost)
        with pytest.raises(OutcomeUnknown) as unknown:
            self._start(customer, when_full)
        self.clock.advance(EXPIRY)
        left = self.starting.records.load(unknown.value.place.removeprefix("session "))
        return self._end(self.starting.settle(left))

    def _everything_is_lost(self) -> OutcomeUnknown:
        for _ in range(TRIES):
            self.line.cut("GET", When.BEFORE, reset)
        return reset()

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
    arrivals = Arrivals(Platform(clock=clock, queues={"front-desk"}))
    line = Line(arrivals)
    where = hosts(base_url="http://simulator")
    policy = Policy(between(line), clock, rules=CallRules(quota=1_000_000))  # the test counts on every try
    tokens = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    gateway = GenesysSessions(Client(policy, [policy.lane(tokens)], where))
    gateway.count_active(_BOT.id, enough=1, ends=20)  # has a token from now on
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


def _blind(send: Send) -> Send:
    """The negative control: a client that sends everything again."""

    def again(request: Request) -> Response:
        try:
            return send(request)
        except OutcomeUnknown:
            return send(request)

    return again


def test_the_same_count_catches_a_client_that_sends_everything_again(tmp_path: Path) -> None:
    with opened(tmp_path, _blind) as house:
        house.recovered("customer-1", Overflow())
    assert {*house.arrivals.made.values()} == {2}
