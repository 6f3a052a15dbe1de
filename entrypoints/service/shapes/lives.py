"""Sessions over HTTP: what they look like, and what was decided in them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen


@frozen(kw_only=True, eq=False, repr=False)
class EndShape:
    """How a session ended."""

    at: str
    recorded: str
    reason: str
    resolution: str
    holder: str


@frozen(kw_only=True, eq=False, repr=False)
class SessionShape:
    """One session as it is now, as `jackfield sessions show` has it."""

    id: str
    bot: str
    customer: str
    conversation: str | None
    type: str
    language: str | None
    standing: str
    started: str
    since: str
    spoke: str | None
    expires: str | None
    turns: int
    intent: str | None
    mood: float | None
    at_risk: bool
    versions: tuple[str, ...]
    queue: str | None
    handoffs: tuple[str, ...]
    escalation: str | None
    routed: bool
    settling: bool
    handoff_message: str | None
    end: EndShape | None


@frozen(kw_only=True, eq=False, repr=False)
class SessionsShape:
    """A page, the newest first; `next` is the `after` of the next one, null behind the last."""

    sessions: tuple[SessionShape, ...]
    next: str | None


@frozen(kw_only=True, eq=False, repr=False)
class ReasonShape:
    """One number that spoke for people, and its limit."""

    reason: str
    signal: str
    seen: float | None
    limit: float | None


@frozen(kw_only=True, eq=False, repr=False)
class DecisionShape:
    """What was decided of a turn, and of which numbers."""

    act: str
    clarification: str | None
    reason: str | None
    findings: tuple[ReasonShape, ...]
    intent: str | None
    confidence: float | None
    margin: float | None
    sentiment: float | None
    requests_person: bool
    failure: str | None
    mood: float | None
    at_risk: bool
    turns: int
    no_match: int
    failures: int
    clarifications: int


@frozen(kw_only=True, eq=False, repr=False)
class HandoffShape:
    """A session on its way to people: `customer_message` is to be said once. Texts are redacted."""

    id: str
    at: str
    queue: str
    reason: str
    findings: tuple[ReasonShape, ...]
    intent: str | None
    language: str | None
    mood: float | None
    trend: str | None
    summary: str
    tried: tuple[str, ...]
    customer_message: str
    dropped: tuple[str, ...]


@frozen(kw_only=True, eq=False, repr=False)
class TroubleShape:
    """Why the platform could not be told as it was meant; people have it all the same."""

    kind: str
    message: str
    remedy: str


class Did(StrEnum):
    """What came of a turn: the bot goes on, asks back, or is silent, for people take over."""

    PROCEED = "proceed"
    CLARIFY = "clarify"
    ESCALATED = "escalated"


@frozen(kw_only=True, eq=False, repr=False)
class TurnShape:
    """What to do now: `say` is to be said to the customer, once, if there is anything.

    `routed` is false where the platform could not be told of the hand-off yet; escalating again does it.
    `again` is true of a hand-off that was recorded before: its message may have been said already.
    """

    session: str
    did: Did
    say: str | None
    clarification: str | None
    handoff: HandoffShape | None
    routed: bool
    again: bool
    trouble: TroubleShape | None
    decision: DecisionShape | None


@frozen(kw_only=True, eq=False, repr=False)
class ThresholdsShape:
    """The numbers of the escalation policy."""

    max_turns: int
    confidence_min: float
    confidence_reject: float
    rejects: int
    margin_min: float
    clarifications: int
    clarify: bool
    sentiment_min: float
    sentiment_weight: float
    sentiment_margin: float
    sentiment_turns: int
    failures: int
    topics: tuple[str, ...]


@frozen(kw_only=True, eq=False, repr=False)
class ExplainedShape:
    """One turn: what was decided, null if that was erased, and what the other thresholds would have done."""

    number: int
    time: str
    decision: DecisionShape | None
    would_be: DecisionShape | None
    differs: bool


@frozen(kw_only=True, eq=False, repr=False)
class ExplanationShape:
    """A session's turns; `first` is the number of the first one that would differ."""

    session: str
    thresholds: ThresholdsShape
    other: ThresholdsShape | None
    first: int | None
    erased: int
    turns: tuple[ExplainedShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class FiguresShape:
    """The figures of some sessions; null where there is nothing that one could be of."""

    key: str | None
    sessions: int
    spoken: int
    settled: int
    containment: float | None
    functional_containment: float | None
    escalation_rate: float | None
    abandonment_bot: float | None
    abandonment_queue: float | None
    resolution_rate: float | None
    duration_p50_ms: float | None
    duration_p95_ms: float | None
    termination_p50_ms: float | None
    termination_p95_ms: float | None
    end_reasons: Mapping[str, int]
    escalation_reasons: Mapping[str, int]


@frozen(kw_only=True, eq=False, repr=False)
class SessionFiguresShape:
    """What became of sessions: of all, and of each group."""

    since: str
    until: str
    by: str | None
    bot: str | None
    whole: FiguresShape
    groups: tuple[FiguresShape, ...]


class NoticeHeard(StrEnum):
    """What came of a notice: it was believed, was heard before, or is of a conversation that is not ours."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    UNKNOWN = "unknown"


@frozen(kw_only=True, eq=False, repr=False)
class NoticeHeardShape:
    """What came of a notice, and of which session it was."""

    heard: NoticeHeard
    session: str | None
