"""A hand-off on its way to the platform: told by one update, which may be sent again, and recorded.

What the platform has is in its queue: that somebody took it there is to be told, and is not known from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import (
    Conflict,
    JackfieldError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PlatformRejected,
    Refused,
)
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.handoff import Handoff
from jackfield.domain.model.sessions.happenings import HAND_OFF
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.packing import counted, named, queues
from jackfield.domain.services.sessions.asked.values import Escalated
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import SessionGateway
from jackfield.ports.telemetry import Measure, unheard

TRIES: Final = 20
"""How often a change is made again that somebody was quicker than."""


@frozen(kw_only=True)
class _Sent:
    """What came of it: the hand-off with its last queue, whether the platform has it, what was refused."""

    handoff: Handoff
    routed: bool
    failures: tuple[tuple[str, JackfieldError], ...] = ()

    @property
    def problem(self) -> JackfieldError | None:
        """What was refused first: the queue that was meant."""
        return self.failures[0][1] if self.failures else None

    @property
    def may_be_over(self) -> bool:
        """Whether what was refused last may say that the conversation is over, or gone."""
        last = self.failures[-1][1] if self.failures else None
        return not self.routed and isinstance(last, Conflict | NotFound)


def is_unsent(state: SessionState) -> bool:
    """Return whether the session goes to people and the platform may not know."""
    return state.session.standing is Standing.HANDING_OVER and not state.routed and state.handoff is not None


@frozen(kw_only=True)
class Sending:
    """Tells the platform of hand-offs. `release` gives back the place that a session has with its bot.

    `ending` records the end of a session whose conversation turns out to be over, or gone.
    """

    records: SessionRecords
    gateway: SessionGateway
    bots: Mapping[str, Bot]
    release: Callable[[Loaded], None]
    ending: Ending
    measure: Measure = unheard

    def send(
        self,
        loaded: Loaded,
        by: Actor,
        *,
        ends: float,
        decision: Decision | None = None,
        again: bool = False,
    ) -> Escalated:
        """Tell the platform of the session's hand-off, unless it knows, and record what it says.

        To be called by who has the session alone. What goes wrong is in what is returned, and not raised:
        the customer is told all the same, and whoever calls this again sends the same.
        """
        handoff = loaded.state.handoff
        if handoff is None:
            raise Conflict("nobody handed it over", place=f"session {loaded.id}", remedy="escalate it")
        if loaded.state.routed:
            return Escalated(handoff=handoff, decision=decision, again=again)
        sent = self._sent(loaded, handoff, ends)
        unrecorded = self._recorded(loaded, sent, by)
        if sent.may_be_over:
            self._end_if_over(loaded.id, by, ends)
        routed = sent.routed and unrecorded is None
        self._measure(handoff, routed=routed)
        problem = unrecorded or sent.problem
        return Escalated(handoff=sent.handoff, decision=decision, routed=routed, problem=problem, again=again)

    def _sent(self, loaded: Loaded, handoff: Handoff, ends: float) -> _Sent:
        """Send it; a queue that the platform does not take gives way to the bot's default one."""
        failures = list[tuple[str, JackfieldError]]()
        session = loaded.state.session
        conversation = ConversationId(session.conversation or "")
        for queue in queues(handoff, self.bots.get(session.bot)):
            try:
                self.gateway.route(conversation, queue, handoff.attributes, ends=ends)
            except (Refused, NotSent, OutcomeUnknown) as error:
                failures.append((queue, error))
                if not isinstance(error, NotFound | PlatformRejected):
                    break
            else:
                there = evolve(handoff, queue=queue)
                return _Sent(handoff=there, routed=True, failures=tuple(failures))
        return _Sent(handoff=handoff, routed=False, failures=tuple(failures))

    def _recorded(self, loaded: Loaded, sent: _Sent, by: Actor) -> JackfieldError | None:
        """Record it, and return why that could not be done."""
        try:
            self._record(loaded, sent, by)
        except (NotSent, Refused, OutcomeUnknown) as error:
            return error
        return None

    def _record(self, loaded: Loaded, sent: _Sent, by: Actor) -> None:
        events = tuple(self._events(loaded, sent, by))
        for number in range(TRIES):
            if not events or not _is_under_way(loaded.state, sent.handoff):
                return  # nobody knows, or somebody else recorded it, or it is over
            try:
                self._commit(loaded, sent, events)
            except Conflict:
                if number + 1 == TRIES:
                    raise
                loaded = self.records.load(loaded.id)
            else:
                return

    def _commit(self, loaded: Loaded, sent: _Sent, events: tuple[Event, ...]) -> None:
        if not sent.routed:
            self.records.commit(loaded, loaded.state, *events, once=_refused(sent))
            return
        session = evolve(loaded.state.session, queue=sent.handoff.queue)
        state = evolve(
            loaded.state,
            session=session,
            handoff=sent.handoff,
            routed=True,
            slot=None,
        )
        self.records.commit(loaded, state, *events)
        if loaded.state.slot is not None:
            self.release(loaded)

    def _events(self, loaded: Loaded, sent: _Sent, by: Actor) -> Iterator[Event]:
        """What was refused, and what was taken; of what got no answer nothing is known."""
        for queue, error in sent.failures:
            if isinstance(error, OutcomeUnknown):
                continue
            told = {**named(evolve(sent.handoff, queue=queue)), "error": type(error).__name__}
            yield self.records.event(loaded.subject, HAND_OFF, Outcome.FAILED, by, told)
        if sent.routed:
            yield self.records.event(loaded.subject, HAND_OFF, Outcome.SUCCEEDED, by, named(sent.handoff))

    def _end_if_over(self, session: str, by: Actor, ends: float) -> None:
        """Ask the platform, and record the end; what cannot be asked or recorded is left to others."""
        with suppress(NotSent, Refused, OutcomeUnknown):
            loaded = self.records.load(session)
            conversation = ConversationId(loaded.state.session.conversation or "")
            try:
                there = self.gateway.find(conversation, ends=ends)
            except NotFound:
                self.ending.gone(loaded, by)
                return
            if not there.active:
                self.ending.found_over(loaded, there, by)

    def _measure(self, handoff: Handoff, *, routed: bool) -> None:
        self.measure(
            Measurement(
                organization=self.records.organization,
                name="jackfield.session.hand_offs",
                value=1,
                unit="{hand_off}",
                labels={"reason": counted(handoff.reason), "outcome": "routed" if routed else "unsent"},
            )
        )


def _refused(sent: _Sent) -> str:
    """Name a refusal in the ledger, so that the same one is told once, however often it is sent again."""
    errors = " ".join(type(error).__name__ for _, error in sent.failures)
    return f"hand-off {sent.handoff.id} refused: {errors}"


def _is_under_way(state: SessionState, handoff: Handoff) -> bool:
    return is_unsent(state) and state.handoff is not None and state.handoff.id == handoff.id
