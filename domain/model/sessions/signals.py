"""What one customer turn tells the escalation policy: numbers and names, never the text.

Source: `conversations.md`, "Escalation policy", signals a turn.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, StrEnum
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect

LONGEST_UTTERANCE: Final = 10_000
"""The most characters of what a customer says in one turn."""
_LONGEST_NAME: Final = 200
_NO_NAME: Final = ""


class Failure(StrEnum):
    """What did not work in a turn."""

    EVALUATION = "evaluation"
    TOOL = "tool"
    PLATFORM = "platform"


class Unmeasured(Enum):
    """Says that an understanding does not measure this at all; a number that is missing is a failure."""

    UNMEASURED = "unmeasured"


UNMEASURED: Final = Unmeasured.UNMEASURED


@frozen(kw_only=True)
class Evaluation:
    """What an understanding said of a text, as it came: nothing of it is checked here.

    `confidence` and `second`, the next best intent's, are meant to be 0..1, `sentiment` -1..1.
    """

    intent: object
    confidence: object
    sentiment: object = UNMEASURED
    second: object = UNMEASURED


def _between(low: float) -> Any:
    """Admit None, or a number from *low* to 1."""

    def check(_instance: object, attribute: Any, value: Any) -> None:
        if value is not None and _number(value, low) is None:
            raise InvalidInput(
                f"it is a number from {low:g} to 1, or None", place=attribute.name, remedy="read it by hear()"
            )

    return check


@frozen(kw_only=True)
class Turn:
    """What is known of one turn of the customer; None is what is not known.

    `margin` is how far the intent's confidence is above the second intent's, `requests_person` whether the
    customer asks for people, `idle_s` how many seconds nothing was said before.
    """

    intent: str | None = None
    confidence: float | None = field(default=None, validator=_between(0))
    margin: float | None = field(default=None, validator=_between(-1))
    sentiment: float | None = field(default=None, validator=_between(-1))
    requests_person: bool = False
    failure: Failure | None = None
    idle_s: float = 0.0


def hear(
    evaluation: Evaluation | None,
    *,
    requests_person: bool = False,
    failure: Failure | None = None,
    idle: timedelta = timedelta(),
) -> Turn:
    """Return what a turn tells, whatever *evaluation* says: without usable numbers it is a failure.

    *failure* is one of a tool or of the platform in this turn, and is told rather than the evaluation's.
    """
    said = evaluation or Evaluation(intent=None, confidence=None)
    intent, confidence = _name(said.intent), _number(said.confidence, 0)
    second, sentiment = _number(said.second, 0), _number(said.sentiment, -1)
    absurd = (
        confidence is None
        or intent == _NO_NAME
        or (second is None and said.second is not UNMEASURED)
        or (sentiment is None and said.sentiment is not UNMEASURED)
    )
    return Turn(
        intent=intent or None,
        confidence=confidence,
        margin=None if confidence is None or second is None else confidence - second,
        sentiment=sentiment,
        requests_person=requests_person,
        failure=failure or (Failure.EVALUATION if absurd else None),
        idle_s=max(0.0, idle.total_seconds()),
    )


def utterance(text: object) -> str:
    """Return *text* if a customer can have said it: 1 to 10,000 characters, not blanks alone."""
    expect(str, text, "text", "give what the customer said")
    said = str(text)
    if not said.strip():
        raise InvalidInput("nothing is said in it", place="text", remedy="leave such turns out")
    if len(said) > LONGEST_UTTERANCE:
        raise InvalidInput(
            f"it has {len(said):,} characters of at most {LONGEST_UTTERANCE:,}",
            place="text",
            remedy="cut it, or hand documents over as attachments",
        )
    return said


def _name(value: object) -> str | None:
    """Return an intent's name, None for none, and `_NO_NAME` for what cannot be one."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return (
        value if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_NAME else _NO_NAME
    )


def _number(value: object, low: float) -> float | None:
    """Return a number from *low* to 1, and None for everything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= 1:
        return None
    return float(value)
