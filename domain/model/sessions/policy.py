"""When people take over: one decision a turn, from numbers alone, so that it can be replayed.

Source: `conversations.md`, "Escalation policy".
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from jackfield.domain.model.sessions.signals import Failure, Turn
from jackfield.domain.model.sessions.thresholds import Thresholds

_MOODS: Final = 5


class Act(StrEnum):
    """What the bot does with a turn; silent means that people have the session."""

    PROCEED = "proceed"
    CLARIFY = "clarify"
    ESCALATE = "escalate"
    SILENT = "silent"


class Clarification(StrEnum):
    """How the bot asks back: whether it understood well, or for other words."""

    AFFIRM = "affirm"
    REPHRASE = "rephrase"


class Reason(StrEnum):
    """Why people take over, in the order of precedence."""

    REQUEST = "request"
    TOPIC = "policy topic"
    FAILURE = "failure"
    SENTIMENT = "sentiment"
    CONFIDENCE = "confidence"
    MAX_TURNS = "max turns"


def _real(value: float | None) -> float | None:
    """Counts too are kept as what the field says, so that they read back as they were written."""
    return None if value is None else float(value)


@frozen(kw_only=True)
class Finding:
    """One reason with its numbers: what was seen, and the limit that it met; None where there is none."""

    reason: Reason
    signal: str
    seen: float | None = field(default=None, converter=_real)
    limit: float | None = field(default=None, converter=_real)

    def __str__(self) -> str:
        seen = "" if self.seen is None else f" {self.seen:g}"
        limit = "" if self.limit is None else f", limit {self.limit:g}"
        return f"{self.reason}: {self.signal}{seen}{limit}"


@frozen(kw_only=True)
class Signals:
    """All that a decision was made of: the turn's own numbers, and those counted up to it.

    `mood` is the sentiment's EWMA, `no_match` how many turns in a row were not understood, `same_intent`
    how many had this intent, `failures` how many failed.
    """

    turn: Turn
    turns: int
    mood: float | None
    at_risk: bool
    no_match: int
    same_intent: int
    failures: int
    clarifications: int


@frozen(kw_only=True)
class Decision:
    """What to do with a turn: all reasons to escalate, the first of them first, and the numbers."""

    act: Act
    clarification: Clarification | None = None
    findings: tuple[Finding, ...] = ()
    signals: Signals

    @property
    def reason(self) -> Reason | None:
        """The reason that is recorded; None if nothing escalates."""
        return self.findings[0].reason if self.findings else None


@frozen(kw_only=True)
class Watch:
    """What the policy remembers of a session: the same few numbers however long it is.

    `clarifications` counts since the beginning, or since people handed the session back, as `turns` does.
    `intent` is the last one that was understood. `calm` counts turns above the release while at risk; `moods`
    are the newest, `handoffs` all there were.
    """

    turns: int = 0
    clarifications: int = 0
    no_match: int = 0
    failures: int = 0
    intent: str | None = None
    same_intent: int = 0
    mood: float | None = None
    at_risk: bool = False
    calm: int = 0
    moods: tuple[float, ...] = ()
    with_people: bool = False
    handoffs: int = 0


def decide(thresholds: Thresholds, watch: Watch, turn: Turn) -> tuple[Watch, Decision]:
    """Return what to do with *turn*, and what to remember; of the turns before only *watch* is needed.

    Once people have the session every turn is silent and changes nothing.
    """
    if watch.with_people:
        return watch, Decision(act=Act.SILENT, signals=_signals(watch, turn))
    seen = _seen(thresholds, watch, turn)
    unclear = _is_unclear(thresholds, turn)
    findings = tuple(_findings(thresholds, seen, turn, unclear=unclear))
    if findings:
        escalated = evolve(seen, with_people=True, handoffs=seen.handoffs + 1)
        return escalated, Decision(act=Act.ESCALATE, findings=findings, signals=_signals(seen, turn))
    if unclear:
        asked = evolve(seen, clarifications=seen.clarifications + 1)
        clarification = _clarification(seen, turn)
        return asked, Decision(act=Act.CLARIFY, clarification=clarification, signals=_signals(asked, turn))
    return seen, Decision(act=Act.PROCEED, signals=_signals(seen, turn))


def taken(watch: Watch) -> Watch:
    """Return *watch* after somebody escalated the session, whatever its numbers say."""
    return evolve(watch, with_people=True, handoffs=watch.handoffs + 1)


def handed_back(watch: Watch) -> Watch:
    """Return *watch* after people gave the session back to the bot: everything is counted anew.

    The mood too, for people have dealt with it. What the bot has anyway it cannot be given: nothing changes.
    """
    return Watch(handoffs=watch.handoffs) if watch.with_people else watch


def refused(watch: Watch) -> Watch:
    """Return *watch* after nobody took the session: the bot goes on, and every number stays."""
    return evolve(watch, with_people=False)


def _seen(thresholds: Thresholds, watch: Watch, turn: Turn) -> Watch:
    mood = _mood(thresholds, watch, turn)
    at_risk, calm = _risk(thresholds, watch, turn, mood)
    unmatched = _is_unmatched(thresholds, turn)
    intent = None if unmatched else turn.intent  # a guess that is rejected says nothing
    return Watch(
        turns=watch.turns + 1,
        clarifications=watch.clarifications,
        no_match=watch.no_match + 1 if unmatched else 0,
        failures=watch.failures + 1 if turn.failure else 0,
        intent=intent or watch.intent,
        same_intent=_repeated(watch, intent),
        mood=mood,
        at_risk=at_risk,
        calm=calm,
        moods=watch.moods if turn.sentiment is None or mood is None else (*watch.moods[1 - _MOODS :], mood),
        handoffs=watch.handoffs,
    )


def _repeated(watch: Watch, intent: str | None) -> int:
    """Return how many turns in a row had *intent*; none, if nobody knows it."""
    if intent is None:
        return 0
    return watch.same_intent + 1 if intent == watch.intent else 1


def _mood(thresholds: Thresholds, watch: Watch, turn: Turn) -> float | None:
    """The exponentially weighted mean of the sentiment, from the first that was measured."""
    if turn.sentiment is None or watch.mood is None:
        return watch.mood if turn.sentiment is None else turn.sentiment
    weight = thresholds.sentiment_weight
    return weight * turn.sentiment + (1 - weight) * watch.mood


def _risk(thresholds: Thresholds, watch: Watch, turn: Turn, mood: float | None) -> tuple[bool, int]:
    """Return whether the customer is at risk, and for how many turns in a row calm all the same."""
    if mood is None or turn.sentiment is None:
        return watch.at_risk, watch.calm
    if mood < thresholds.sentiment_min:
        return True, 0
    calm = watch.calm + 1 if mood > thresholds.sentiment_min + thresholds.sentiment_margin else 0
    return (True, calm) if watch.at_risk and calm < thresholds.sentiment_turns else (False, 0)


def _is_unmatched(thresholds: Thresholds, turn: Turn) -> bool:
    return turn.confidence is None or turn.intent is None or turn.confidence < thresholds.confidence_reject


def _is_unclear(thresholds: Thresholds, turn: Turn) -> bool:
    if _is_unmatched(thresholds, turn) or turn.confidence is None:
        return True
    close = turn.margin is not None and turn.margin < thresholds.margin_min and thresholds.clarify
    return turn.confidence < thresholds.confidence_min or close


def _findings(thresholds: Thresholds, seen: Watch, turn: Turn, *, unclear: bool) -> Iterator[Finding]:
    """Every reason to escalate, in the order of precedence."""
    if turn.requests_person:
        yield Finding(reason=Reason.REQUEST, signal="the customer asks for a person")
    if turn.intent in thresholds.topics:
        yield Finding(reason=Reason.TOPIC, signal=f"intent {turn.intent}")
    if seen.failures >= thresholds.failures:
        kind = turn.failure or Failure.EVALUATION
        yield Finding(
            reason=Reason.FAILURE, signal=f"{kind} failures", seen=seen.failures, limit=thresholds.failures
        )
    if seen.at_risk:
        yield Finding(reason=Reason.SENTIMENT, signal="mood", seen=seen.mood, limit=thresholds.sentiment_min)
    if unclear:
        yield from _doubts(thresholds, seen, turn)
    if seen.turns > thresholds.max_turns:
        yield Finding(reason=Reason.MAX_TURNS, signal="turns", seen=seen.turns, limit=thresholds.max_turns)


def _doubts(thresholds: Thresholds, seen: Watch, turn: Turn) -> Iterator[Finding]:
    why = Reason.CONFIDENCE
    if not thresholds.clarify:
        limit = thresholds.confidence_min
        yield Finding(reason=why, signal="confidence", seen=turn.confidence, limit=limit)
        return
    if seen.no_match >= thresholds.rejects:
        yield Finding(reason=why, signal="no match", seen=seen.no_match, limit=thresholds.rejects)
    if seen.clarifications >= thresholds.clarifications:
        asked, limit = seen.clarifications + 1, thresholds.clarifications
        yield Finding(reason=why, signal="clarifications", seen=asked, limit=limit)


def _clarification(seen: Watch, turn: Turn) -> Clarification:
    """First the intent is affirmed, if there is one; after that, other words are asked for."""
    affirms = seen.clarifications == 0 and seen.no_match == 0 and turn.intent is not None
    return Clarification.AFFIRM if affirms else Clarification.REPHRASE


def _signals(watch: Watch, turn: Turn) -> Signals:
    return Signals(
        turn=turn,
        turns=watch.turns,
        mood=watch.mood,
        at_risk=watch.at_risk,
        no_match=watch.no_match,
        same_intent=watch.same_intent,
        failures=watch.failures,
        clarifications=watch.clarifications,
    )
