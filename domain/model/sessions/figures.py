"""The figures of sessions: what they are called, and what they mean.

Source: `conversations.md`, "Definitions".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from jackfield.domain.model.sessions.ends import EndReason


class By(StrEnum):
    """What sessions are grouped by; a day is the UTC one of the start."""

    BOT = "bot"
    INTENT = "intent"
    VERSION = "version"
    DAY = "day"


@frozen(kw_only=True)
class Figures:
    """The figures of some sessions; each is None where there is nothing that it could be of.

    | figure | definition |
    |---|---|
    | `containment` | ended without a hand-off ÷ with at least one message of the customer |
    | `functional_containment` | contained, resolved, and the customer not back within 24 h ÷ with a message; of sessions of known customers that ended 24 h before the report or earlier: `settled` |
    | `escalation_rate` | with at least one hand-off ÷ all |
    | `abandonment_bot` | the customer left the bot without resolution ÷ all |
    | `abandonment_queue` | the customer left the queue ÷ with at least one hand-off |
    | `resolution_rate` | resolved ÷ all |
    | `duration_p50_ms`, `duration_p95_ms` | from start to end, to 2.5 % |
    | `termination_p50_ms`, `termination_p95_ms` | from accepted close to recorded end notice, to 2.5 % |
    | `end_reasons`, `escalation_reasons` | how many sessions, by reason |
    """  # noqa: E501  # a table's row is a line

    sessions: int = 0
    spoken: int = 0
    settled: int = 0
    containment: float | None = None
    functional_containment: float | None = None
    escalation_rate: float | None = None
    abandonment_bot: float | None = None
    abandonment_queue: float | None = None
    resolution_rate: float | None = None
    duration_p50_ms: float | None = None
    duration_p95_ms: float | None = None
    termination_p50_ms: float | None = None
    termination_p95_ms: float | None = None
    end_reasons: Mapping[EndReason, int] = field(factory=dict[EndReason, int])
    escalation_reasons: Mapping[str, int] = field(factory=dict[str, int])


@frozen(kw_only=True)
class Group:
    """The sessions of one bot, intent, prompt version or day; `key` is None where there is none."""

    key: str | None
    figures: Figures


@frozen(kw_only=True)
class Report:
    """All sessions, and each group's. One that kept several prompts' versions is in each one's group."""

    whole: Figures
    groups: tuple[Group, ...] = ()
