"""Names that somebody gives: of bots, customers, queues and skills."""

from __future__ import annotations

from typing import Any, Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import text

_LONGEST_NAME: Final = 1_000


def refuse_odd(value: str, place: str, remedy: str = "write it as the platform does") -> None:
    """Raise `InvalidInput` for what is no name."""
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST_NAME:
        raise InvalidInput(
            f"it is empty, over {_LONGEST_NAME:,} characters, or holds what cannot be printed",
            place=place,
            remedy=remedy,
        )


def named(instance: object, attribute: Any, value: Any) -> None:
    """Refuse what is no name; an attrs validator."""
    text(instance, attribute, value)
    refuse_odd(value, attribute.name)


def queue(instance: object, attribute: Any, value: Any) -> None:
    """Refuse what is no name of a queue; None is for what the bot's rules say."""
    if value is not None:
        text(instance, attribute, value)
        refuse_odd(value, attribute.name, "name a queue, or leave it out for that of the bot's rules")
