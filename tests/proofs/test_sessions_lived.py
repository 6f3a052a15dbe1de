"""Sessions lived through by several processes that are killed, on a line that is cut; and all is made good.

What is always so is looked at after every step: who has a session on the platform and here, that the bot is
silent once people have it, and that one hand-off is one message to the customer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START, Event, Outcome
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.model.sessions.replays import Step, replay
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.sessions.telling import decision_of, step_of
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.domain.services.sessions.asked.values import Escalated, Overflow
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation
from tests.proofs.mortals import Killed
from tests.proofs.shops import LIMIT, Luck, World, lucky, numbers, recovered, settled
from tests.proofs.sizes import sized

MACHINE: Final = settings(max_examples=sized(50, full=500), stateful_step_count=25)
T = TypeVar("T")
FOREVER: Final = float("inf")
ACTIONS: Final = {
    "start": 2,
    "turn": 6,
    "escalate": 1,
    "accept": 2,
    "hand_back": 3,
    "close": 1,
    "settle": 2,
    "time_passes": 1,
}
OVER: Final = (Standing.CLOSED, Standing.RELEASED)


class Lived(RuleBasedStateMachine):
    """The model: of each session what its customer was told, by hand-off."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.told = dict[str, dict[str, str]]()
        self.steps = 0

    def teardown(self) -> None:
        try:
            self.all_is_made_good()
        finally:
            self.world.close()

    # What happens

    @initialize()
    def a_session_is_there(self) -> None:
        self.start(Luck(chance=Random(0), which=0, death=None, cut=None))

    @rule(seed=st.integers(0, 2**32 - 1))
    def something_happens(self, seed: int) -> None:
        """What is drawn often is the same number: with the step it is another each time."""
        self.steps += 1
        luck = lucky(Random(f"{seed} at {self.steps}"))
        (action,) = luck.chance.choices(list(ACTIONS), weights=list(ACTIONS.values()))
        if luck.cut is not None:
            self.world.gateway.cut(*luck.cut)
        getattr(self, action)(luck)
        self.world.gateway._cuts.clear()

    def run(self, luck: Luck, call: Callable[[ActingSessions], T]) -> T | None:
        """Let a process do something, and maybe be killed at it; another comes in its place then."""
        process = self.world.processes[luck.which]
        process.life.steps = FOREVER if luck.death is None else luck.death
        try:
            return call(process.sessions)
        except JackfieldError:
            return None
        except Killed:
            self.world.processes[luck.which] = self.world.open()
            return None
        finally:
            process.life.steps = FOREVER if process is self.world.processes[luck.which] else 0

    def pick(self, luck: Luck, *likely: Standing) -> str:
        """Take any session, and mostly one with which that can be done."""
        names = sorted(self.told)
        fit = [name for name in names if self.state(name).session.standing in likely]
        return luck.chance.choice(fit if fit and luck.chance.random() < 0.8 else names)

    def start(self, luck: Luck) -> None:
        when_full = Overflow() if luck.chance.random() < 0.3 else None
        self.run(luck, lambda s: s.start(bot="retail", customer="c", when_full=when_full))
        for subject in self.world.ledger.subjects(ORGANIZATION, Kind.SESSION):
            self.told.setdefault(subject.name, {})

    def turn(self, luck: Luck) -> None:
        session = self.pick(luck, Standing.ACTIVE)
        before = self.state(session).session
        self.world.understanding.next = [numbers(luck.chance)]
        done = self.run(luck, lambda s: s.get(session).turn("hello"))
        if done is None:
            return
        assert before.standing in (Standing.ACTIVE, Standing.RESERVED)
        if isinstance(done, Escalated):
            assert done.handoff.id not in self.told[session]
            self.told[session][done.handoff.id] = done.handoff.customer_message

    def escalate(self, luck: Luck) -> None:
        session = self.pick(luck, Standing.HANDING_OVER)
        done = self.run(luck, lambda s: s.get(session).escalate())
        if done is not None:
            told = self.told[session].setdefault(done.handoff.id, done.handoff.customer_message)
            assert told == done.handoff.customer_message

    def hand_back(self, luck: Luck) -> None:
        session = self.pick(luck, Standing.WITH_PEOPLE, Standing.HANDING_OVER)
        self.run(luck, lambda s: s.get(session).hand_back())

    def accept(self, luck: Luck) -> None:
        """People can take what is in their queue on the platform, and nothing else."""
        session = self.pick(luck, Standing.HANDING_OVER)
        there = self.there(session)
        if there is not None and there.queue is not None:
            self.run(luck, lambda s: s.get(session).accepted())

    def close(self, luck: Luck) -> None:
        session, resolution = self.pick(luck, Standing.CLOSING), luck.chance.choice(list(Resolution))
        self.run(luck, lambda s: s.get(session).close(resolution))

    def settle(self, luck: Luck) -> None:
        session = self.pick(luck, Standing.CLOSING, Standing.HANDING_OVER, Standing.WITH_PEOPLE)
        self.run(luck, lambda s: settled(s, self.loaded(session)))

    def time_passes(self, luck: Luck) -> None:
        self.world.clock.advance(timedelta(seconds=luck.chance.randint(1, 400)))

    # What is always so

    @invariant()
    def the_platform_and_the_record_agree_on_who_has_it(self) -> None:
        for session in self.told:
            state = self.state(session)
            there = self.there(session)
            if there is None or state.pending is not None:
                continue
            if state.session.standing is Standing.ACTIVE:
                assert there.queue is None
                assert there.active
            if state.session.standing is Standing.WITH_PEOPLE or state.routed:
                assert there.queue is not None
            if state.session.standing is Standing.CLOSED:
                assert not there.active

    @invariant()
    def one_hand_off_is_one_message(self) -> None:
        for session, told in self.told.items():
            state = self.state(session)
            assert set(told) <= set(state.session.handoffs)
            intended = [e for e in self.events(session) if e.outcome is Outcome.INTENDED]
            ids = [(e.payload or {})["handoff"] for e in intended if e.type == "session.hand_off"]
            overflowed = state.escalation == "overflow"
            assert list(state.session.handoffs)[overflowed:] == ids

    @invariant()
    def the_log_decides_it_again(self) -> None:
        for session in self.told:
            steps, decisions = list[Step](), list[Decision]()
            for event in self.events(session):
                step, decision = step_of(event.payload), decision_of(event.payload)
                steps += [] if step is None else [step]
                decisions += [] if decision is None else [decision]
            state = self.state(session)
            assert tuple(decisions) == replay(state.thresholds, steps)
            assert len(decisions) == state.session.turns

    @invariant()
    def a_bot_never_has_more_than_its_limit(self) -> None:
        held = self.world.gateway.conversations.values()
        assert sum(c.active and c.queue is None for c in held) <= LIMIT

    @invariant()
    def what_is_over_is_over_once(self) -> None:
        for session in self.told:
            ends = [e for e in self.events(session) if e.type == "session.end"]
            assert len(ends) == (self.state(session).session.standing is Standing.CLOSED)

    def all_is_made_good(self) -> None:
        """Once nothing fails any more, and time has passed, anybody settles what was left.

        In two rounds: what was not given back may be on its way to people still.
        """
        self.world.gateway._cuts.clear()
        self.world.clock.advance(timedelta(minutes=5))
        sessions = self.world.open().sessions
        for _ in range(2):
            assert not recovered(sessions).failed
            self.world.clock.advance(timedelta(minutes=1))
        for session in self.told:
            state = self.state(session)
            assert state.pending is None
            assert state.session.standing not in (Standing.RESERVED, Standing.CLOSING)
            if state.session.standing is Standing.HANDING_OVER:
                assert state.routed
            if state.session.standing not in OVER:
                sessions.get(session).close("failed")
        self.the_platform_and_the_record_agree_on_who_has_it()
        assert not any(c.active for c in self.world.gateway.conversations.values())

    # How it is looked at

    def loaded(self, session: str) -> Loaded:
        subject = self.world.processes[0].sessions.records.subject(session)
        read = self.world.ledger.read(subject)
        assert isinstance(read.state, SessionState)
        return Loaded(subject, read.revision, read.state)

    def there(self, session: str) -> Conversation | None:
        conversation = ConversationId(self.state(session).session.conversation or "")
        return self.world.gateway.conversations.get(conversation)

    def state(self, session: str) -> SessionState:
        return self.loaded(session).state

    def events(self, session: str) -> list[Event]:
        subject = self.loaded(session).subject
        return [entry.event for entry in self.world.ledger.follow(ORGANIZATION, START, 10_000, subject)]


Lived.TestCase.settings = MACHINE
TestLived = Lived.TestCase
