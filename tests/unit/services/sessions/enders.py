"""A house in which sessions end: with signed notices, with what the platform knows afterwards, and cron."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from attrs import define, evolve, field

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.end_notices import GenesysEndNotices
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START, Event, Outcome, timestamp
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions import life
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.ends import EndReason
from jackfield.domain.model.sessions.happenings import TURN
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.telling import turn_payload
from jackfield.domain.model.signatures import signed
from jackfield.domain.services.sessions.asked.values import Received
from jackfield.domain.services.sessions.ending.catching import Catching
from jackfield.domain.services.sessions.ending.hearing import Hearing
from jackfield.domain.services.sessions.ending.noticing import Noticing
from jackfield.domain.services.sessions.ending.recovering import Recovering
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.reads import Sessions
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.ports.assistants import ConversationId
from jackfield.ports.ledger import Ledger
from jackfield.ports.resolutions import Resolved, Row
from tests.unit.services.sessions.starters import House, opened, starting

SECRET: Final = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
PREVIOUS: Final = Secret("what was before")
FOREIGN: Final = Secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
EVALUATED: Final = Turn(intent="refund", confidence=0.9, sentiment=-0.25)


class _Offline:
    """A client for what only reads."""

    def of(self, _: str) -> _Offline:
        return self


def end_notices() -> GenesysEndNotices:
    """Return what reads the platform's webhooks."""
    return GenesysEndNotices(cast("Client", _Offline()))


@define(eq=False)
class KnownResolutions:
    """`Resolutions` of what a test wrote: `rows` that began in the time, until `error` is raised."""

    rows: list[Row] = field(factory=list[Row])
    error: JackfieldError | None = None
    asked: list[tuple[datetime, datetime, str | None]] = field(
        factory=list[tuple[datetime, datetime, str | None]]
    )

    def ended(
        self,
        *,
        since: datetime,
        until: datetime,
        conversation: ConversationId | None = None,
        bot: str | None = None,
    ) -> Iterator[Row]:
        """Give the rows."""
        assert conversation is None
        self.asked.append((since, until, bot))
        for row in self.rows:
            if not isinstance(row, Resolved) or since <= row.started < until:
                yield row
        if self.error is not None:
            raise self.error


@define(eq=False)
class Ends:
    """All that a test of ends looks at."""

    house: House
    sessions: Sessions
    platform: KnownResolutions
    settled: list[tuple[str, str]] = field(factory=list[tuple[str, str]])

    @property
    def ending(self) -> Ending:
        return self.sessions.noticing.hearing.ending

    def end(self, loaded: Loaded, reason: EndReason = EndReason.TRIGGERED_BY_USER, **more: Any) -> Loaded:
        """End a session as others do."""
        return self.ending.end(loaded, reason=reason, by=BY_ITSELF, **more)

    def move(self, loaded: Loaded, change: Callable[[Session], Session], **more: Any) -> Loaded:
        """Commit what becomes of the session by *change*."""
        state = evolve(loaded.state, session=change(loaded.state.session), **more)
        return self.house.records.commit(loaded, state)

    def turned(self, loaded: Loaded, turn: Turn = EVALUATED) -> Loaded:
        """Record a turn of the customer."""
        session, decision = life.turned(
            loaded.state.session,
            loaded.state.thresholds,
            turn,
            handoff=f"{loaded.id}-handoff",
            now=self.house.clock.now(),
        )
        told = turn_payload(session.turns, turn, decision)
        event = self.house.records.event(loaded.subject, TURN, Outcome.SUCCEEDED, BY_ITSELF, told)
        return self.house.records.commit(loaded, evolve(loaded.state, session=session), event)

    def closed(self, loaded: Loaded, resolution: Any) -> Loaded:
        """Let the platform be told to end it; its notice is still to come."""
        return self.move(loaded, lambda s: life.closed(s, resolution, now=self.house.clock.now()))

    def with_people(self, loaded: Loaded) -> Loaded:
        """Let people have it."""
        now = self.house.clock.now()
        handed = self.move(loaded, lambda s: life.escalated(s, handoff="handoff-1", now=now), routed=True)
        return self.move(handed, lambda s: life.accepted(s, now=now))

    def receive(self, body: bytes, secret: Secret = SECRET, identifier: str = "msg-1") -> Received:
        """Let a webhook come, signed now."""
        return self.sessions.receive(signed(identifier, self.house.clock.now(), body, [secret]), body)

    def events(self, subject: str) -> list[Event]:
        """All events of one type."""
        entries = self.house.ledger.follow(self.house.records.organization, START, 10_000)
        return [entry.event for entry in entries if entry.event.type == subject]


def notice(
    conversation: str, ended: datetime, resolution: str | None = "resolved", session: str | None = None
) -> bytes:
    """Return the body of a webhook."""
    attributes = {} if session is None else {SESSION_KEY: session}
    said = {
        "id": conversation,
        "state": "closed",
        "endTime": timestamp(ended, "milliseconds"),
        "resolutionStatus": resolution,
        "attributes": attributes,
    }
    return json.dumps(said).encode()


def resolved(conversation: str, ended: datetime, resolution: Any = None) -> Resolved:
    """Return what the platform knows afterwards."""
    minute = timedelta(minutes=1)
    return Resolved(
        conversation=ConversationId(conversation),
        started=ended - minute,
        ended=ended,
        duration=minute,
        resolution=resolution,
    )


def sessions_of(house: House, platform: KnownResolutions, settled: list[tuple[str, str]]) -> Sessions:
    """Put together what a core has, on the parts of *house*."""
    records = house.records
    ending = Ending(records=records, release=house.admission.release, measure=house.heard.append)
    hearing = Hearing(records=records, ending=ending)
    tracking = Tracking(records=records)

    def noting(what: str, settle: Callable[[Loaded], object]) -> Callable[[Loaded], object]:
        def noted(loaded: Loaded) -> object:
            settled.append((what, loaded.id))
            return settle(loaded)

        return noted

    def routed(loaded: Loaded) -> Loaded:
        return records.commit(loaded, evolve(loaded.state, routed=True))

    def given_up(loaded: Loaded) -> Loaded:
        return records.commit(loaded, evolve(loaded.state, pending=None))

    return Sessions(
        records=records,
        tracking=tracking,
        platform=platform,
        noticing=Noticing(
            notices=end_notices(), hearing=hearing, clock=house.clock, secrets=(SECRET, PREVIOUS)
        ),
        catching=Catching(records=records, resolutions=platform, hearing=hearing, tracking=tracking),
        recovering=Recovering(
            records=records,
            tracking=tracking,
            start=house.starting.settle,
            handoff=noting("handoff", routed),
            close=noting("close", lambda loaded: ending.gone(loaded, BY_ITSELF)),
            expire=lambda loaded: ending.end(loaded, reason=EndReason.SESSION_EXPIRED, by=BY_ITSELF),
            back=noting("back", given_up),
        ),
        registering=Registering(records=records, notices=end_notices(), secret=SECRET),
        bots=house.starting.bots,
    )


def on_ledger(ends: Ends, ledger: Ledger) -> Sessions:
    """Return another process's sessions on *ledger*."""
    house = ends.house
    other = starting(ledger, house.admission.leases, house.gateway, house.clock)
    return sessions_of(evolve(house, starting=other), ends.platform, ends.settled)


@contextmanager
def ends_in(folder: Path, *bots: Any) -> Generator[Ends]:
    """Open a house with all that ends sessions."""
    with opened(folder, *bots) as house:
        platform, settled = KnownResolutions(), list[tuple[str, str]]()
        yield Ends(house, sessions_of(house, platform, settled), platform, settled)
