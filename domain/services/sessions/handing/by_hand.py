"""Handing a session to people by hand, and telling the platform again of a hand-off that it may not know of.

A hand-off is recorded first and told then, by one update that may be sent again: so whoever comes next sends
the same hand-off, with the same one message for the customer. Meanwhile the bot is silent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.fields import all_of, text
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.happenings import ACCEPT, HAND_OFF
from jackfield.domain.model.sessions.life import accepted, escalated
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.packing import BY_HAND, Cause, packed
from jackfield.domain.services.sessions.asked.values import Escalated
from jackfield.domain.services.sessions.handing.sending import TRIES, Sending, is_unsent
from jackfield.domain.services.sessions.holding.ordering import Ordering
from jackfield.domain.services.sessions.recorded.keeping import Keeping, Spell, with_tried
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords

_LONGEST_REASON: Final = 200


def _named(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy=f"leave {attribute.name} out")


def _queue(instance: object, attribute: Any, value: Any) -> None:
    if value is not None:
        _named(instance, attribute, value)


def _tried(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "tried")


@frozen(kw_only=True)
class Asked:
    """A hand-off as somebody asks for it: why, what people should read, and the queue, if it is known."""

    reason: str = field(default=BY_HAND, validator=_named, repr=False)
    summary: str = field(default="", validator=text, repr=False)
    tried: tuple[str, ...] = field(default=(), converter=_tried, repr=False)
    queue: str | None = field(default=None, validator=_queue)


@frozen(kw_only=True)
class Handing:
    """Hands sessions to people; `deadline` bounds what says none."""

    records: SessionRecords
    bots: Mapping[str, Bot]
    ordering: Ordering
    keeping: Keeping
    sending: Sending
    deadline: timedelta = timedelta(seconds=20)

    def escalate(self, session: str, asked: Asked, by: Actor, deadline: timedelta | None = None) -> Escalated:
        """Hand the session to people because somebody says so; one that is on its way is told of again.

        Raises `Conflict` unless the bot has it, or it is on its way, and what the ledger raises.
        """
        with self._alone(session, deadline) as ends:
            loaded, again = self._escalated(session, asked, by, ends)
            return self.sending.send(loaded, by, ends=ends, again=again)

    def resume(self, session: str, by: Actor, deadline: timedelta | None = None) -> Loaded:
        """Tell the platform of a hand-off that it may not know of; return the session as it is then.

        Raises what the platform says.
        """
        with self._alone(session, deadline) as ends:
            loaded = self.records.load(session)
            if not is_unsent(loaded.state):
                return loaded
            told = self.sending.send(loaded, by, ends=ends)
            done = self.records.load(session)
            if told.problem is not None and is_unsent(done.state):
                raise told.problem
            return done

    def accepted(self, session: str, by: Actor, deadline: timedelta | None = None) -> Loaded:
        """Record that people took the session out of their queue; one that they have is returned as it is.

        Raises `Conflict` unless it is on its way to them, and what the ledger raises.
        """
        with self._alone(session, deadline):
            loaded = self.records.load(session)
            for _ in range(TRIES):
                if loaded.state.session.standing is Standing.WITH_PEOPLE:
                    break
                try:
                    return self._accepted(loaded, by)
                except Conflict:
                    there = self.records.load(session)
                    if there.revision == loaded.revision:
                        raise  # it is not that somebody was quicker
                    loaded = there
            return loaded

    @contextmanager
    def _alone(self, session: str, deadline: timedelta | None) -> Generator[float]:
        began, lasts = self.records.clock.monotonic(), (deadline or self.deadline).total_seconds()
        with self.ordering.alone(session, by=began + lasts / 2, ends=began + lasts):
            yield began + lasts

    def _escalated(self, session: str, asked: Asked, by: Actor, ends: float) -> tuple[Loaded, bool]:
        """Return the session on its way to people, and whether it was already."""
        loaded = self.records.load(session)
        if is_unsent(loaded.state):
            return loaded, True
        identifier, (cause, tried) = self.records.new_id(), self._redacted(asked, ends)
        for number in range(TRIES):
            try:
                return self._intended(loaded, identifier, cause, tried, by), False
            except Conflict:
                there = self.records.load(session)
                if is_unsent(there.state):
                    return there, True
                if number + 1 == TRIES or there.revision == loaded.revision:
                    raise  # it is not that somebody was quicker
                loaded = there
        raise AssertionError  # pragma: no cover  # the last try returns or raises

    def _intended(
        self, loaded: Loaded, identifier: str, cause: Cause, tried: tuple[str, ...], by: Actor
    ) -> Loaded:
        now = self.records.clock.now()
        after = escalated(loaded.state.session, handoff=identifier, now=now)
        state = with_tried(loaded.state, tried)
        state, told = packed(state, after, self.bots, cause, at=now)
        event = self.records.event(loaded.subject, HAND_OFF, Outcome.INTENDED, by, told)
        return self.records.commit(loaded, state, event)

    def _accepted(self, loaded: Loaded, by: Actor) -> Loaded:
        """Whom people talk to the platform has with them, also where nobody heard that it was told."""
        state, handoff = loaded.state, loaded.state.handoff
        after = evolve(state, session=accepted(state.session, now=self.records.clock.now()), routed=True)
        told = {"handoff": None if handoff is None else handoff.id, "queue": state.session.queue}
        event = self.records.event(loaded.subject, ACCEPT, Outcome.SUCCEEDED, by, told)
        done = self.records.commit(loaded, evolve(after, slot=None), event)
        if state.slot is not None:
            self.sending.release(loaded)
        return done

    def _redacted(self, asked: Asked, ends: float) -> tuple[Cause, tuple[str, ...]]:
        """Return why, and what was tried, while there is time: a sixth is left for the hand-off itself."""
        now = self.records.clock.monotonic()
        spell = Spell(self.records.clock, now + (ends - now) * 5 / 6)
        reason = self.keeping.text(asked.reason, spell, _LONGEST_REASON)
        summary = self.keeping.text(asked.summary, spell) if asked.summary else ""
        tried, missing = self.keeping.actions(asked.tried, spell)
        missing += (reason is None) + (summary is None)
        return Cause(
            reason=reason or BY_HAND, summary=summary or "", queue=asked.queue, missing=missing
        ), tried
