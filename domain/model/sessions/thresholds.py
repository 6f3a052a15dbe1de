"""When a bot asks back and when people take over, as numbers.

`max_turns`, `confidence_min` and `sentiment_min` are tutorial 003's; the others are of `conversations.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, instance_of, whole_number
from jackfield.domain.model.problems import Problem

_MOST: Final = 10_000


def _real(value: Any) -> Any:
    return float(value) if type(value) is int and abs(value) <= 1 else value


def _from(low: float, high: float) -> Callable[[object, Any, Any], None]:
    """Admit a finite number from *low* to *high*."""

    def check(_instance: object, attribute: Any, value: Any) -> None:
        if not isinstance(value, float) or not low <= value <= high:
            raise InvalidInput(
                f"it is a number from {low:g} to {high:g}", place=attribute.name, remedy="write one, like 0.3"
            )

    return check


def _weight(instance: object, attribute: Any, value: Any) -> None:
    _from(0, 1)(instance, attribute, value)
    if not value:
        raise InvalidInput("with 0 no turn would count", place=attribute.name, remedy="write 0.5")


def _count(low: int) -> Callable[[object, Any, Any], None]:
    def check(instance: object, attribute: Any, value: Any) -> None:
        whole_number(instance, attribute, value)
        if not low <= value <= _MOST:
            raise InvalidInput(
                f"it is {low} to {_MOST:,}", place=attribute.name, remedy="write a whole number"
            )

    return check


def _topics(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "topics")


@frozen(kw_only=True)
class Thresholds:
    """The numbers of the escalation policy.

    | field | rule |
    |---|---|
    | `max_turns` | the bot has so many turns; at the next one people take over |
    | `confidence_min` | accept: from here on the bot goes on |
    | `confidence_reject` | below it nothing was understood; so many in a row as `rejects` says escalate |
    | `margin_min` | an intent that is less above the second one is asked back, if that is known |
    | `clarifications` | so often the bot asks back; the next time people take over |
    | `clarify` | False: no asking back, everything below `confidence_min` escalates (tutorial 003's rule) |
    | `sentiment_min` | the mood below which a customer is at risk, -1..1; the mood is an EWMA |
    | `sentiment_weight` | the weight of the newest turn in the mood, above 0 and up to 1 |
    | `sentiment_margin`, `sentiment_turns` | released after so many turns in a row above minimum + margin |
    | `failures` | so many turns in a row with a failure escalate |
    | `topics` | intents that are for people whatever the numbers say |
    """

    max_turns: int = field(default=20, validator=_count(1))
    confidence_min: float = field(default=0.6, converter=_real, validator=_from(0, 1))
    confidence_reject: float = field(default=0.3, converter=_real, validator=_from(0, 1))
    rejects: int = field(default=2, validator=_count(1))
    margin_min: float = field(default=0.05, converter=_real, validator=_from(0, 1))
    clarifications: int = field(default=2, validator=_count(0))
    clarify: bool = field(default=True, validator=instance_of(bool))
    sentiment_min: float = field(default=-0.5, converter=_real, validator=_from(-1, 1))
    sentiment_weight: float = field(default=0.5, converter=_real, validator=_weight)
    sentiment_margin: float = field(default=0.2, converter=_real, validator=_from(0, 1))
    sentiment_turns: int = field(default=2, validator=_count(1))
    failures: int = field(default=2, validator=_count(1))
    topics: tuple[str, ...] = field(default=(), converter=_topics)

    def __attrs_post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InvalidInput(
                "they contradict one another", place="thresholds", remedy="mend these", problems=problems
            )

    def _problems(self) -> Iterator[Problem]:
        if self.confidence_reject > self.confidence_min:
            yield Problem(
                code="thresholds.reject",
                message=f"{self.confidence_reject:g} is above confidence_min, {self.confidence_min:g}",
                place="confidence_reject",
            )
        if self.sentiment_min + self.sentiment_margin >= 1:
            release = self.sentiment_min + self.sentiment_margin
            yield Problem(
                code="thresholds.release",
                message=f"no mood is above {release:g}, so nobody would be released",
                place="sentiment_margin",
            )
