"""A session's decisions again, with its own thresholds or with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.domain.model.sessions.policy import Decision, Watch, decide, handed_back, refused, taken
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.thresholds import Thresholds


class Return(StrEnum):
    """How a bot got a session again: people gave it back, or nobody took it."""

    HANDED_BACK = "handed back"
    REFUSED = "refused"


class Taken(StrEnum):
    """How people got a session without a turn that says so: somebody escalated it."""

    BY_HAND = "by hand"


Step: TypeAlias = Turn | Return | Taken
"""What moves the policy: a turn of the customer, the session's return to the bot, an escalation by hand."""


@frozen(kw_only=True)
class Compared:
    """What two policies say of one turn, by its number from 1."""

    turn: int
    was: Decision
    would_be: Decision

    @property
    def differs(self) -> bool:
        """Whether another thing would be done, or for another first reason."""
        was, other = self.was, self.would_be
        return (was.act, was.clarification, was.reason) != (other.act, other.clarification, other.reason)


@frozen
class WhatIf:
    """Both decisions of every turn.

    After the first difference the customer would have been told something else, and might have said so:
    what comes behind it is what would be decided of the same words.
    """

    turns: tuple[Compared, ...]

    @property
    def first(self) -> Compared | None:
        """The first turn that differs; None if none does."""
        return next((turn for turn in self.turns if turn.differs), None)


def replay(thresholds: Thresholds, steps: Iterable[Step]) -> tuple[Decision, ...]:
    """Return the decision of every turn, the same as were made one by one."""
    return tuple(_decisions(thresholds, steps))


def what_if(thresholds: Thresholds, other: Thresholds, steps: Iterable[Step]) -> WhatIf:
    """Compare what *thresholds* decided with what *other* would have.

    A hand-back of what the bot has anyway, because *other* did not escalate, changes nothing.
    """
    same = tuple(steps)
    pairs = zip(_decisions(thresholds, same), _decisions(other, same), strict=True)
    return WhatIf(
        tuple(Compared(turn=number, was=one, would_be=two) for number, (one, two) in enumerate(pairs, 1))
    )


def _decisions(thresholds: Thresholds, steps: Iterable[Step]) -> Iterator[Decision]:
    watch = Watch()
    for step in steps:
        if isinstance(step, Turn):
            watch, decision = decide(thresholds, watch, step)
            yield decision
        else:
            watch = _MOVED[step](watch)


_MOVED: Final[Mapping[Return | Taken, Callable[[Watch], Watch]]] = {
    Return.HANDED_BACK: handed_back,
    Return.REFUSED: refused,
    Taken.BY_HAND: taken,
}
