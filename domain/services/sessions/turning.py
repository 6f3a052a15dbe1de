"""A turn of the customer: heard as numbers, decided, and recorded in one commit; and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from attrs import evolve, field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.fields import all_of, optional_text
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.clarifying import asked_back
from jackfield.domain.model.sessions.happenings import HAND_OFF, TURN
from jackfield.domain.model.sessions.life import turned
from jackfield.domain.model.sessions.lifetimes import has_expired
from jackfield.domain.model.sessions.policy import Act, Decision
from jackfield.domain.model.sessions.signals import Failure, utterance
from jackfield.domain.model.sessions.standings import Move, moved_to
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.sessions.telling import turn_payload
from jackfield.domain.services.prompts.operations import Actor
from jackfield.domain.services.sessions.closing import Closing
from jackfield.domain.services.sessions.evaluating import Evaluating, Heard
from jackfield.domain.services.sessions.keeping import Keeping, Kept
from jackfield.domain.services.sessions.ordering import Ordering
from jackfield.domain.services.sessions.packing import Cause, packed
from jackfield.domain.services.sessions.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.sending import TRIES, Sending
from jackfield.domain.services.sessions.values import Clarify, Proceed, TurnResult
from jackfield.domain.services.sessions.wanting import bot_of
from jackfield.ports.telemetry import Measure, unheard

_TOLD: Final = (Failure.TOOL, Failure.PLATFORM)


def _said(_instance: object, _attribute: Any, value: Any) -> None:
    utterance(value)


def _tried(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "tried")


def _failure(value: Any) -> Failure | None:
    """Return a failure; a word of it is taken as well."""
    if value is None:
        return None
    found = next((each for each in _TOLD if each == value), None)
    if found is None:
        raise InvalidInput(
            "a program tells of tools and of the platform",
            place="failure",
            remedy=f"give {' or '.join(_TOLD)}, or leave it out",
        )
    return found


@frozen(kw_only=True)
class Utterance:
    """What a customer says: `text`; and what happened since his last turn.

    `bot_said` is what he was told, `tried` which actions were tried for him, `failure` what did not work.
    """

    text: str = field(validator=_said, repr=False)
    bot_said: str | None = field(default=None, validator=optional_text, repr=False)
    tried: tuple[str, ...] = field(default=(), converter=_tried, repr=False)
    failure: Failure | None = field(default=None, converter=_failure)


@frozen(kw_only=True)
class _Turn:
    """One turn under way: what was heard, what may be kept of it, and the id of its hand-off, if any.

    Of the time until `ends` half is for waiting; what is evaluated leaves a sixth for a hand-off.
    """

    utterance: Utterance
    by: Actor
    handoff: str
    began: float
    lasts: float

    @property
    def ends(self) -> float:
        return self.began + self.lasts

    @property
    def waits(self) -> float:
        return self.began + self.lasts / 2

    @property
    def evaluated(self) -> float:
        return self.began + self.lasts * 5 / 6


@frozen
class _Decided:
    """A decision that is recorded."""

    loaded: Loaded
    decision: Decision
    asked_back: str | None = None


@frozen(kw_only=True)
class Turning:
    """Takes turns of customers, those of one session one after the other.

    With `capture_content` the log has what was said, redacted. `deadline` bounds a turn that says none.
    """

    records: SessionRecords
    bots: Mapping[str, Bot]
    ordering: Ordering
    evaluating: Evaluating
    keeping: Keeping
    sending: Sending
    closing: Closing
    capture_content: bool = False
    measure: Measure = unheard
    deadline: timedelta = timedelta(seconds=20)

    def turn(
        self, session: str, utterance: Utterance, by: Actor, deadline: timedelta | None = None
    ) -> TurnResult:
        """Return what to do with what the customer said.

        Raises `Conflict` if the bot does not have the session (any more), or if another turn of it does not
        end in time; and what the ledger raises. What goes wrong with the evaluation is a failure of the turn,
        and what goes wrong with a hand-off is told with it.
        """
        began, lasts = self.records.clock.monotonic(), (deadline or self.deadline).total_seconds()
        turn = _Turn(utterance=utterance, by=by, handoff=self.records.new_id(), began=began, lasts=lasts)
        with self.ordering.alone(session, by=turn.waits, ends=turn.ends):
            loaded = self._taking(session, turn)
            decided = self._decided(loaded, turn)
            result = self._result(decided, turn)
        self._measure(decided.decision, self.records.clock.monotonic() - began)
        return result

    def _taking(self, session: str, turn: _Turn) -> Loaded:
        """Return the session if its bot has it; one whose time is over is ended."""
        loaded = self.records.load(session)
        moved_to(loaded.state.session.standing, Move.TURN, place=session)
        if has_expired(loaded.state.session, loaded.state.lifetimes, now=self.records.clock.now()):
            self.closing.expire(loaded, ends=turn.ends)
            raise Conflict(
                "its time was over before this was said, and it was ended",
                place=f"session {session}",
                remedy="start another session; sessions.idle and sessions.total say how long one lasts",
            )
        return loaded

    def _decided(self, loaded: Loaded, turn: _Turn) -> _Decided:
        """Evaluate once; decide, and commit; and decide again if somebody was quicker."""
        bot, said = bot_of(self.bots, loaded.state.session.bot), turn.utterance
        heard = self.evaluating.hear(
            said.text,
            loaded.state,
            bot,
            failure=said.failure,
            now=self.records.clock.now(),
            ends=turn.evaluated,
        )
        kept = self.keeping.keep(said.text, said.bot_said, said.tried)
        for number in range(TRIES):
            try:
                return self._committed(loaded, bot, turn, heard, kept)
            except Conflict:
                there = self.records.load(loaded.id)
                if number + 1 == TRIES or there.revision == loaded.revision:
                    raise
                loaded = there
        raise AssertionError  # pragma: no cover  # the last try returns or raises

    def _committed(self, loaded: Loaded, bot: Bot, turn: _Turn, heard: Heard, kept: Kept) -> _Decided:
        state, now = loaded.state, self.records.clock.now()
        session, decision = turned(state.session, state.thresholds, heard.turn, handoff=turn.handoff, now=now)
        state = evolve(self.keeping.remembered(state, kept), session=session)
        text = _asked_back(state, bot, decision)
        if text is not None:
            state = self.keeping.asked_back(state, text)
        told = self._told(turn, session.turns, heard, decision, kept)
        events = [self.records.event(loaded.subject, TURN, Outcome.SUCCEEDED, turn.by, told)]
        if decision.act is Act.ESCALATE:
            state, handed = packed(state, session, bot, Cause(decision=decision), at=now)
            events.append(self.records.event(loaded.subject, HAND_OFF, Outcome.INTENDED, turn.by, handed))
        return _Decided(self.records.commit(loaded, state, *events), decision, text)

    def _told(
        self, turn: _Turn, number: int, heard: Heard, decision: Decision, kept: Kept
    ) -> dict[str, JSON]:
        text = turn.utterance.text
        captured: dict[str, JSON] = {"text": kept.text} if self.capture_content else {}
        return turn_payload(
            number,
            heard.turn,
            decision,
            characters=len(text),
            text_hash=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            problem=None if heard.problem is None else type(heard.problem).__name__,
            handoff=turn.handoff if decision.act is Act.ESCALATE else None,
            not_kept=kept.missing,
            **captured,
        )

    def _result(self, decided: _Decided, turn: _Turn) -> TurnResult:
        decision = decided.decision
        if decision.act is Act.ESCALATE:
            return self.sending.send(decided.loaded, turn.by, ends=turn.ends, decision=decision)
        if decision.clarification is not None and decided.asked_back is not None:
            return Clarify(text=decided.asked_back, kind=decision.clarification, decision=decision)
        return Proceed(decision=decision)

    def _measure(self, decision: Decision, took: float) -> None:
        labels = {"act": decision.act.value, "reason": decision.reason.value if decision.reason else ""}
        self.measure(
            Measurement(
                organization=self.records.organization,
                name="jackfield.session.turn.duration",
                value=took,
                unit="s",
                labels=labels,
            )
        )


def _asked_back(state: SessionState, bot: Bot, decision: Decision) -> str | None:
    """Return what the bot asks back, if it does."""
    if decision.clarification is None:
        return None
    return asked_back(
        decision.clarification,
        decision.signals.turn.intent,
        state.session.language,
        affirmations=bot.affirmations,
        rephrasings=bot.rephrasings,
    )
