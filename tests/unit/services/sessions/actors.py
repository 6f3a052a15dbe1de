"""A house in which sessions live: several processes on one ledger and one platform; a clock that stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock, ShiftedClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.sessions import FakeSessionGateway, ScriptedUnderstanding
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START, Event
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.signals import Evaluation
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.domain.services.sessions.ending.closing import Closing
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.handing.by_hand import Handing
from jackfield.domain.services.sessions.handing.returning import Returning
from jackfield.domain.services.sessions.handing.sending import Sending
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.domain.services.sessions.holding.ordering import Ordering
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.keeping import Keeping
from jackfield.domain.services.sessions.turning.evaluating import Evaluating
from jackfield.domain.services.sessions.turning.taking import Turning
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat
from jackfield.ports.telemetry import unheard
from jackfield.ports.understanding import Understanding
from tests.unit.services.sessions.enders import end_notices
from tests.unit.services.sessions.starters import MINA, bot, starting

GOOD: Final = Evaluation(intent="refund", confidence=0.9, sentiment=0.2, second=0.1)
UNSURE: Final = Evaluation(intent="card_arrival", confidence=0.45, sentiment=0.0)
ANGRY: Final = Evaluation(intent="refund", confidence=0.9, sentiment=-0.9)
PERSON: Final = "I want to talk to a human"
_DIGITS: Final = re.compile(r"\d{3,}")


def redacted(text: str) -> str:
    """Leave longer numbers out."""
    return _DIGITS.sub("#", text)


@define(eq=False)
class CountingLedger(ShakyLedger):
    """A ledger in front of another, that counts commits; the next ones raise what is in `failing`, if any."""

    commits: int = 0
    failing: list[JackfieldError | None] = field(factory=list[JackfieldError | None])

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Commit, unless it is to fail."""
        self.commits += 1
        error = self.failing.pop(0) if self.failing else None
        if error is not None:
            raise error
        return self.ledger.commit(*changes)


@define(eq=False)
class Meanwhile:
    """An understanding during which something else happens, once."""

    understanding: Understanding
    happens: Callable[[], object]
    done: bool = False

    def evaluate(self, text: str, **more: Any) -> Evaluation:
        """Let it happen, and evaluate then."""
        if not self.done:
            self.done = True
            self.happens()
        return self.understanding.evaluate(text, **more)


def acting(  # noqa: PLR0917  # as a core is put together
    ledger: Ledger,
    leases: Leases,
    gateway: FakeSessionGateway,
    understanding: Understanding,
    clock: Clock,
    bots: Sequence[Bot],
    **more: Any,
) -> ActingSessions:
    """Return the sessions of one process, put together as a core does."""
    more = {"measure": unheard, "owner": "me", "redact": redacted, "keep": 6, "capture": False, **more}
    begun = starting(ledger, leases, gateway, clock, bots, **more.get("starting", {}))
    records, measure, release = begun.records, more["measure"], begun.making.admission.release
    ordering = Ordering(
        organization=ORGANIZATION, leases=leases, clock=clock, holder=more["owner"], jitter=lambda: 0.5
    )
    keeping = Keeping(redact=more["redact"], turns=more["keep"])
    ending = Ending(records=records, release=release, measure=measure)
    sending = Sending(
        records=records,
        gateway=gateway,
        bots=begun.bots,
        release=release,
        ending=ending,
        measure=measure,
    )
    closing = Closing(
        records=records,
        gateway=gateway,
        ending=ending,
        owner=more["owner"],
        notices_expected=more.get("notices", False),
    )
    turning = Turning(
        records=records,
        bots=begun.bots,
        ordering=ordering,
        evaluating=Evaluating(organization=ORGANIZATION, understanding=understanding, measure=measure),
        keeping=keeping,
        sending=sending,
        closing=closing,
        capture_content=more["capture"],
        measure=measure,
    )
    return ActingSessions(
        actor=MINA,
        records=records,
        starting=begun,
        turning=turning,
        handing=Handing(
            records=records, bots=begun.bots, ordering=ordering, keeping=keeping, sending=sending
        ),
        returning=Returning(
            records=records,
            gateway=gateway,
            bots=begun.bots,
            ordering=ordering,
            admission=begun.making.admission,
            ending=ending,
            owner=more["owner"],
        ),
        closing=closing,
        registering=Registering(records=records, notices=end_notices()),
    )


@define(eq=False)
class Shop:
    """All that a test looks at; `open` gives another process."""

    folder: Path
    stack: ExitStack
    bots: tuple[Bot, ...]
    clock: FrozenClock | ShiftedClock = field(factory=FrozenClock)
    understanding: ScriptedUnderstanding = field(factory=ScriptedUnderstanding)
    heard: list[Measurement] = field(factory=list[Measurement])
    gateway: FakeSessionGateway = field(init=False)
    ledger: CountingLedger = field(init=False)
    sessions: ActingSessions = field(init=False)
    _numbers: count[int] = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.gateway = FakeSessionGateway(clock=self.clock)
        self.sessions = self.open()

    def open(self, **more: Any) -> ActingSessions:
        """Open another process, with its own connections; the newest ledger is the one that is looked at."""
        ledger = self.stack.enter_context(SqliteLedger(self.folder / "ledger.db"))
        leases = SqliteLeases(ledger.file, self.clock)
        self.ledger = CountingLedger(ledger)
        asked = more.pop("understanding", self.understanding)
        ids = {"new_id": lambda: f"id-{next(self._numbers)}"}
        more = {"measure": self.heard.append, "starting": ids, **more}
        return acting(self.ledger, leases, self.gateway, asked, self.clock, self.bots, **more)

    def start(self, **more: Any) -> ActingSession:
        """Begin a session with the bot."""
        usual: dict[str, Any] = {"bot": "retail", "customer": "customer-1", **more}
        return self.sessions.start(**usual)

    def state(self, session: ActingSession) -> SessionState:
        """The session's newest state."""
        return session.records.load(session.id).state

    def events(self, session: ActingSession, kind: str = "") -> list[Event]:
        """What the log says of it."""
        entries = self.ledger.follow(ORGANIZATION, START, 10_000, session.records.subject(session.id))
        return [entry.event for entry in entries if entry.event.type.startswith(kind)]

    def told(self, session: ActingSession) -> list[str]:
        """What the log says of it, in short, without its start."""
        told = [f"{event.type} {event.outcome}" for event in self.events(session)]
        return [each for each in told if not each.startswith("session.start")]

    def queue(self, session: ActingSession) -> str | None:
        """Where the platform has it."""
        state = self.state(session)
        return next(
            c.queue for c in self.gateway.conversations.values() if c.id == state.session.conversation
        )

    def places(self) -> int:
        """How many places of the bot are taken."""
        leases = self.sessions.returning.admission.leases
        return len(leases.held(ORGANIZATION, "session places retail-id"))

    def measured(self, name: str) -> list[dict[str, str]]:
        """The labels of what was measured."""
        return [dict(m.labels) for m in self.heard if m.name == f"jackfield.session.{name}"]

    def pass_time(self, **more: float) -> None:
        """Move the clock on."""
        self.clock.advance(timedelta(**more))


@contextmanager
def shop(folder: Path, *bots: Bot, clock: FrozenClock | ShiftedClock | None = None) -> Generator[Shop]:
    """Open a house; without bots it has one that may have two sessions.

    Where several processes want one session at once it takes a clock that runs: waiting moves the other one.
    """
    with ExitStack() as stack:
        yield Shop(folder, stack, bots or (bot(),), clock or FrozenClock())
