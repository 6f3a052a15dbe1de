"""Handing a session to people by hand, and telling the platform again of a hand-off that it may not know of.

A hand-off is recorded first and told then, by one update that may be sent again: so whoever comes next sends
the same hand-off, with the same one message for the customer. Meanwhile the bot is silent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.fields import all_of, text
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.happenings import HAND_OFF
from jackfield.domain.model.sessions.life import escalated
from jackfield.domain.services.prompts.operations import Actor
from jackfield.domain.services.sessions.keeping import Keeping, with_tried
from jackfield.domain.services.sessions.ordering import Ordering
from jackfield.domain.services.sessions.packing import BY_HAND, Cause, packed
from jackfield.domain.services.sessions.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.sending import TRIES, Sending, is_unsent
from jackfield.domain.services.sessions.values import Escalated
from jackfield.domain.services.sessions.wanting import bot_of

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
            return self.sending.send(self._escalated(session, asked, by), by, ends=ends)

    def resume(self, session: str, by: Actor, deadline: timedelta | None = None) -> Loaded:
        """Tell the platform of a hand-off that it may not know of; return the session as it is then.

        Raises what the platform says.
        """
        with self._alone(session, deadline) as ends:
            loaded = self.records.load(session)
            if not is_unsent(loaded.state):
                return loaded
            told = self.sending.send(loaded, by, ends=ends)
            if told.problem is not None and not told.routed:
                raise told.problem
            return self.records.load(session)

    @contextmanager
    def _alone(self, session: str, deadline: timedelta | None) -> Generator[float]:
        began, lasts = self.records.clock.monotonic(), (deadline or self.deadline).total_seconds()
        with self.ordering.alone(session, by=began + lasts / 2, ends=began + lasts):
            yield began + lasts

    def _escalated(self, session: str, asked: Asked, by: Actor) -> Loaded:
        """Return the session on its way to people: as it was already, or is now."""
        identifier, cause, tried = self.records.new_id(), self._cause(asked), self._redacted(asked.tried)
        loaded = self.records.load(session)
        for _ in range(TRIES):
            if is_unsent(loaded.state):
                break
            try:
                return self._intended(loaded, identifier, cause, tried, by)
            except Conflict:
                there = self.records.load(session)
                if there.revision == loaded.revision:
                    raise  # it is not that somebody was quicker
                loaded = there
        return loaded

    def _intended(
        self, loaded: Loaded, identifier: str, cause: Cause, tried: tuple[str, ...], by: Actor
    ) -> Loaded:
        now = self.records.clock.now()
        after = escalated(loaded.state.session, handoff=identifier, now=now)
        state = with_tried(loaded.state, tried)
        state, told = packed(state, after, bot_of(self.bots, after.bot), cause, at=now)
        event = self.records.event(loaded.subject, HAND_OFF, Outcome.INTENDED, by, told)
        return self.records.commit(loaded, state, event)

    def _cause(self, asked: Asked) -> Cause:
        reason = self.keeping.text(asked.reason, _LONGEST_REASON) or BY_HAND
        return Cause(reason=reason, summary=self.keeping.text(asked.summary) or "", queue=asked.queue)

    def _redacted(self, tried: Iterable[str]) -> tuple[str, ...]:
        kept = (self.keeping.text(each) for each in tried)
        return tuple(each for each in kept if each is not None)
