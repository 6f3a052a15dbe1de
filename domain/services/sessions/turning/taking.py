"""A turn of the customer: heard as numbers, decided, and recorded in one commit; and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.clarifying import AFFIRMATIONS, REPHRASINGS, asked_back
from jackfield.domain.model.sessions.happenings import HAND_OFF, TURN
from jackfield.domain.model.sessions.life import turned
from jackfield.domain.model.sessions.lifetimes import has_expired
from jackfield.domain.model.sessions.policy import Act, Decision
from jackfield.domain.model.sessions.requests import Requests
from jackfield.domain.model.sessions.standings import Move, moved_to
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.sessions.telling import turn_payload
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.packing import Cause, packed
from jackfield.domain.services.sessions.asked.utterances import Utterance
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, Proceed, TurnResult
from jackfield.domain.services.sessions.ending.closing import Closing
from jackfield.domain.services.sessions.handing.sending import TRIES, Sending, is_unsent
from jackfield.domain.services.sessions.holding.ordering import Ordering
from jackfield.domain.services.sessions.recorded.keeping import Keeping, Kept, Spell
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.turning.evaluating import Evaluating, Heard
from jackfield.domain.services.sessions.turning.repeats import recorded
from jackfield.ports.telemetry import Measure, unheard


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
    """A decision that is recorded, now or `again`, before this call."""

    loaded: Loaded
    decision: Decision
    asked_back: str | None = None
    again: bool = False


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
        and what goes wrong with a hand-off is told with it. A turn that was taken before under the same
        `once` is answered as it was then, and counts nothing: the last one whatever became of the session,
        an earlier one while the bot has it. A hand-off of it that the platform does not have yet is sent.
        """
        began, lasts = self.records.clock.monotonic(), (deadline or self.deadline).total_seconds()
        turn = _Turn(utterance=utterance, by=by, handoff=self.records.new_id(), began=began, lasts=lasts)
        with self.ordering.alone(session, by=turn.waits, ends=turn.ends):
            loaded = self.records.load(session)
            known = utterance.key is not None and utterance.key == loaded.state.once
            decided = self._again(loaded, turn) if known else self._decided(self._taking(loaded, turn), turn)
            result = self._result(decided, turn)
        if not decided.again:
            self._measure(decided.decision, self.records.clock.monotonic() - began)
        return result

    def _taking(self, loaded: Loaded, turn: _Turn) -> Loaded:
        """Return the session if its bot has it; one whose time is over is ended."""
        session = loaded.id
        moved_to(loaded.state.session.standing, Move.TURN, place=session)
        if has_expired(loaded.state.session, loaded.state.lifetimes, now=self.records.clock.now()):
            self.closing.expire(loaded, ends=turn.ends)
            raise Conflict(
                "its time was over before this was said, and it was ended",
                place=f"session {session}",
                remedy="start another session; a bot's idle_s and total_s say how long one lasts",
            )
        return loaded

    def _decided(self, loaded: Loaded, turn: _Turn) -> _Decided:
        """Evaluate once; decide, and commit; and decide again if somebody was quicker."""
        bot, said = self.bots.get(loaded.state.session.bot), turn.utterance
        heard = self.evaluating.hear(
            said.text,
            loaded.state,
            Requests() if bot is None else bot.requests,
            failure=said.failure,
            now=self.records.clock.now(),
            ends=turn.evaluated,
        )
        spell = Spell(self.records.clock, turn.evaluated)
        kept = self.keeping.keep(said.text, said.bot_said, said.tried, spell)
        for number in range(TRIES):
            try:
                return self._committed(loaded, turn, heard, kept)
            except Conflict:
                there = self.records.load(loaded.id)
                if number + 1 == TRIES or there.revision == loaded.revision:
                    raise
                loaded = there
        raise AssertionError  # pragma: no cover  # the last try returns or raises

    def _committed(self, loaded: Loaded, turn: _Turn, heard: Heard, kept: Kept) -> _Decided:
        state, now = loaded.state, self.records.clock.now()
        session, decision = turned(state.session, state.thresholds, heard.turn, handoff=turn.handoff, now=now)
        state = evolve(self.keeping.remembered(state, kept), session=session, once=turn.utterance.key)
        text = _asked_back(state, self.bots.get(session.bot), decision)
        if text is not None:
            state = self.keeping.asked_back(state, text)
        told = self._told(turn, session.turns, heard, decision, kept)
        events = [self.records.event(loaded.subject, TURN, Outcome.SUCCEEDED, turn.by, told)]
        if decision.act is Act.ESCALATE:
            state, handed = packed(state, session, self.bots, Cause(decision=decision), at=now)
            events.append(self.records.event(loaded.subject, HAND_OFF, Outcome.INTENDED, turn.by, handed))
        done = self.records.commit(loaded, state, *events, once=_named(turn.utterance))
        return _Decided(done, decision, text) if done.state is state else self._again(done, turn)

    def _again(self, loaded: Loaded, turn: _Turn) -> _Decided:
        """Return what was decided when this was said first."""
        was, state = recorded(self.records, loaded, turn.utterance), loaded.state
        if was.handoff is not None and (state.handoff is None or state.handoff.id != was.handoff):
            raise Conflict(
                "it was said before, and its hand-off is over",
                place=f"session {loaded.id}",
                remedy="go on with what the customer says next",
            )
        text = _asked_back(state, self.bots.get(state.session.bot), was.decision)
        return _Decided(loaded, was.decision, text, again=True)

    def _told(
        self, turn: _Turn, number: int, heard: Heard, decision: Decision, kept: Kept
    ) -> dict[str, JSON]:
        said = turn.utterance
        more: dict[str, JSON] = {"text": kept.text} if self.capture_content else {}
        if said.key is not None:
            more["once"] = said.key
        return turn_payload(
            number,
            heard.turn,
            decision,
            characters=len(said.text),
            text_hash=said.hash,
            problem=None if heard.problem is None else type(heard.problem).__name__,
            handoff=turn.handoff if decision.act is Act.ESCALATE else None,
            not_kept=kept.missing,
            **more,
        )

    def _result(self, decided: _Decided, turn: _Turn) -> TurnResult:
        decision = decided.decision
        if decision.act is Act.ESCALATE:
            return self._handed(decided, turn)
        if decision.clarification is not None and decided.asked_back is not None:
            return Clarify(text=decided.asked_back, kind=decision.clarification, decision=decision)
        return Proceed(decision=decision)

    def _handed(self, decided: _Decided, turn: _Turn) -> Escalated:
        state, decision = decided.loaded.state, decided.decision
        if is_unsent(state) or state.handoff is None:
            again = decided.again
            return self.sending.send(decided.loaded, turn.by, ends=turn.ends, decision=decision, again=again)
        return Escalated(handoff=state.handoff, decision=decision, routed=state.routed, again=decided.again)

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


def _named(utterance: Utterance) -> str | None:
    """Return the name of its commit: an earlier one than the last is known by it."""
    return None if utterance.key is None else f"turn {utterance.key}"


def _asked_back(state: SessionState, bot: Bot | None, decision: Decision) -> str | None:
    """Return what the bot asks back, if it does."""
    if decision.clarification is None:
        return None
    return asked_back(
        decision.clarification,
        decision.signals.turn.intent,
        state.session.language,
        affirmations=AFFIRMATIONS if bot is None else bot.affirmations,
        rephrasings=REPHRASINGS if bot is None else bot.rephrasings,
    )
