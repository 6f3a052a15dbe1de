"""What happens with advice, on its way into the log."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeAlias

from jackfield.domain.model.advice.feedback import Feedback
from jackfield.domain.model.advice.happenings import DELIVERED, DISPLAYED, FEEDBACK
from jackfield.domain.services.advice.values import Advised


class Delivery(NamedTuple):
    """An answer that was given: when, how long that took, its id, and how old it was then, in seconds.

    Of `advised` counts what is the same each time that it is given.
    """

    advised: Advised
    time: datetime
    seconds: float
    id: str
    age: float

    @property
    def conversation(self) -> str:
        """Whose it is."""
        return self.advised.conversation


class OnScreen(NamedTuple):
    """One recommendation on a screen, as far as it is known."""

    recommendation: str
    source: str | None
    position: int | None

    def filled(self, known: OnScreen | None) -> OnScreen:
        """Return it with what is *known* else of where it stood."""
        if known is None:
            return self
        return OnScreen(
            self.recommendation,
            known.source if self.source is None else self.source,
            known.position if self.position is None else self.position,
        )


class Teller(NamedTuple):
    """Who told it on an agent's behalf, as the audit log is to name them, and why."""

    actor: str
    reason: str = ""


class Display(NamedTuple):
    """Recommendations of one answer on an agent's screen; `once` is the name it was told under, if any.

    `known` is False where nobody is known to have recommended them.
    """

    conversation: str
    agent: str
    time: datetime
    shown: tuple[OnScreen, ...]
    advice: str | None = None
    teller: Teller | None = None
    once: str | None = None
    known: bool = True


class Said(NamedTuple):
    """What an agent did with a recommendation; `once` is the name it was told under, if any."""

    feedback: Feedback
    advice: str | None = None
    teller: Teller | None = None
    once: str | None = None

    @property
    def conversation(self) -> str:
        """Whose it is; empty if nobody knows."""
        return self.feedback.conversation


Happening: TypeAlias = Delivery | Display | Said


def type_of(happening: Happening) -> str:
    """Return the type of the event that tells of it."""
    match happening:
        case Delivery():
            return DELIVERED
        case Display():
            return DISPLAYED
        case Said():
            return FEEDBACK
