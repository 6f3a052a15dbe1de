"""Ending sessions: recorded first, told to the platform then, and its end recorded when that is known.

The platform's close may be sent again, so what got no answer is closed again, by whoever comes next.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NoReturn

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, JackfieldError, NotFound, NotSent, OutcomeUnknown, Refused
from jackfield.domain.model.events import Event, Outcome, timestamp
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.happenings import CLOSE
from jackfield.domain.model.sessions.life import closed
from jackfield.domain.model.sessions.reasons import why_ended
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import Pending, SessionState
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.handing.sending import TRIES
from jackfield.domain.services.sessions.recorded.ends import Ending, Known
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation, SessionGateway

_MARGIN: Final = timedelta(seconds=30)
_OVER: Final = frozenset({Standing.CLOSING, Standing.CLOSED})


def is_unsure(state: SessionState) -> bool:
    """Return whether the session was to be closed, and the platform may not know."""
    return state.session.standing is Standing.CLOSING and state.pending is not None


@frozen(kw_only=True)
class Closing:
    """Ends sessions; with `notices_expected` the platform tells of each end, and else it is recorded at once.

    `owner` names this process; `deadline` bounds what says none.
    """

    records: SessionRecords
    gateway: SessionGateway
    ending: Ending
    owner: str
    notices_expected: bool = True
    deadline: timedelta = timedelta(seconds=20)

    def close(
        self, session: str, resolution: Resolution, by: Actor, deadline: timedelta | None = None
    ) -> Loaded:
        """End the session; once more with the same *resolution* changes nothing, or finishes what was begun.

        One that the platform does not have (any more) ends as `failed`, at once: look at its end. Raises
        `Conflict` for another resolution than it is closed with, and what the platform says: the bot is
        silent then all the same, and closing again, or `recover()`, closes it.
        """
        ends = self._ends(deadline)
        loaded = self._intended(session, resolution, by, ends)
        return self._finish(loaded, by, ends)

    def expire(self, loaded: Loaded, *, ends: float | None = None) -> Loaded:
        """End a session whose time is over, at once; raises as `close` does."""
        ends = self._ends(None) if ends is None else ends
        reason = EndReason.SESSION_EXPIRED
        return self._finish(
            self._close(loaded, Resolution.ABANDONED, BY_ITSELF, ends, reason), BY_ITSELF, ends
        )

    def settle(self, loaded: Loaded) -> Loaded:
        """Record the end of a session that was closed, as the platform has it; return others as they are.

        For closes that got no answer, and for those of whose end nobody told. Raises what the platform says.
        """
        if loaded.state.session.standing is not Standing.CLOSING:
            return loaded
        return self._told(loaded, BY_ITSELF, self._ends(None), at_once=True)

    def _finish(self, loaded: Loaded, by: Actor, ends: float) -> Loaded:
        """Close it on the platform, unless that knows."""
        if not is_unsure(loaded.state):
            return loaded
        return self._told(loaded, by, ends, at_once=not self.notices_expected)

    def _told(self, loaded: Loaded, by: Actor, ends: float, *, at_once: bool) -> Loaded:
        """Tell the platform, and record what it says."""
        conversation = ConversationId(loaded.state.session.conversation or "")
        try:
            answer = self.gateway.close(conversation, _resolution(loaded), ends=ends)
        except NotFound as error:
            return self.ending.gone(loaded, by, before=(self._failed(loaded, by, error),))
        except (Refused, NotSent) as error:
            self._fail(loaded, by, error)
        return self._settled(loaded, answer, by, at_once=at_once)

    def _ends(self, deadline: timedelta | None) -> float:
        return self.records.clock.monotonic() + (deadline or self.deadline).total_seconds()

    def _intended(self, session: str, resolution: Resolution, by: Actor, ends: float) -> Loaded:
        loaded = self.records.load(session)
        for _ in range(TRIES):
            if loaded.state.session.standing in _OVER:
                _refuse_another(loaded, resolution)
                break
            try:
                return self._close(loaded, resolution, by, ends)
            except Conflict:
                there = self.records.load(session)
                if there.revision == loaded.revision:
                    raise  # it is not that somebody was quicker
                loaded = there
        return loaded

    def _close(
        self,
        loaded: Loaded,
        resolution: Resolution,
        by: Actor,
        ends: float,
        reason: EndReason | None = None,
    ) -> Loaded:
        """Commit that it is to be closed."""
        now = self.records.clock.now()
        after = closed(loaded.state.session, resolution, now=now, reason=reason)
        lasts = timedelta(seconds=max(0.0, ends - self.records.clock.monotonic())) + _MARGIN
        pending = Pending(id=self.records.new_id(), owner=self.owner, started=now, expires=now + lasts)
        told: dict[str, JSON] = {
            "resolution": resolution.value,
            "reason": None if reason is None else reason.value,
        }
        event = self._event(loaded, Outcome.INTENDED, by, told)
        return self.records.commit(loaded, evolve(loaded.state, session=after, pending=pending), event)

    def _fail(self, loaded: Loaded, by: Actor, error: JackfieldError) -> NoReturn:
        """Record the refusal, each kind once, and raise it, also where it cannot be recorded."""
        once = f"close refused: {type(error).__name__}"
        try:
            self.records.commit(loaded, loaded.state, self._failed(loaded, by, error), once=once)
        except Conflict:
            pass  # somebody else has settled it
        except (NotSent, OutcomeUnknown) as unrecorded:
            error.remedy += f" (it could not be recorded: {unrecorded.message})"
        raise error

    def _settled(self, loaded: Loaded, answer: Conversation, by: Actor, *, at_once: bool) -> Loaded:
        """Record that the platform has closed it; and its end *at_once*, where nobody else tells of that."""
        closing = loaded.state.session.closing
        at_once = at_once or (closing is not None and closing.reason is not None)
        for _ in range(TRIES):
            state = loaded.state
            if state.session.standing is not Standing.CLOSING or not (at_once or is_unsure(state)):
                break  # somebody else recorded it
            try:
                return (self._ended if at_once else self._accepted)(loaded, answer, by)
            except Conflict:
                loaded = self.records.load(loaded.id)
            except NotSent as error:
                raise _unrecorded(loaded, error) from error
        return loaded

    def _accepted(self, loaded: Loaded, answer: Conversation, by: Actor) -> Loaded:
        state = evolve(loaded.state, pending=None, slot=None)
        done = self.records.commit(loaded, state, self._succeeded(loaded, answer, by))
        if loaded.state.slot is not None:
            self.ending.release(loaded)
        return done

    def _ended(self, loaded: Loaded, answer: Conversation, by: Actor) -> Loaded:
        closing = loaded.state.session.closing
        expired = closing is not None and closing.reason is not None
        known = Known(
            reason=why_ended(loaded.state, resolution=answer.resolution),
            by=by,
            at=answer.ended,
            resolution=None if expired else answer.resolution,
        )
        told = (self._succeeded(loaded, answer, by),) if is_unsure(loaded.state) else ()
        return self.ending.record(loaded, known, before=told) or self.records.load(loaded.id)

    def _succeeded(self, loaded: Loaded, answer: Conversation, by: Actor) -> Event:
        told: dict[str, JSON] = {
            "resolution": None if answer.resolution is None else answer.resolution.value,
            "ended": None if answer.ended is None else timestamp(answer.ended),
        }
        return self._event(loaded, Outcome.SUCCEEDED, by, told)

    def _failed(self, loaded: Loaded, by: Actor, error: JackfieldError) -> Event:
        return self._event(loaded, Outcome.FAILED, by, {"error": type(error).__name__})

    def _event(self, loaded: Loaded, outcome: Outcome, by: Actor, told: dict[str, JSON]) -> Event:
        return self.records.event(loaded.subject, CLOSE, outcome, by, told)


def _resolution(loaded: Loaded) -> Resolution:
    """What it is closed with, or was."""
    closing, end = loaded.state.session.closing, loaded.state.session.end
    if closing is not None:
        return closing.resolution
    return Resolution.FAILED if end is None else end.resolution


def _refuse_another(loaded: Loaded, resolution: Resolution) -> None:
    """Raise `Conflict` if it is closed as something else than *resolution*."""
    closing, end = loaded.state.session.closing, loaded.state.session.end
    known = {each.resolution for each in (closing, end) if each is not None}
    if resolution not in known:
        said = " and ".join(sorted(known))
        raise Conflict(
            f"the session is {loaded.state.session.standing} already, as {said}",
            place=f"session {loaded.id}",
            remedy=f"it cannot become {resolution}; start another session",
        )


def _unrecorded(loaded: Loaded, error: NotSent) -> OutcomeUnknown:
    return OutcomeUnknown(
        "the platform has closed it, and that could not be recorded",
        place=f"session {loaded.id}",
        remedy=f"mend the ledger ({error.message}), and close it again",
    )
