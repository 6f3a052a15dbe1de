"""What advice is asked for: the interaction so far, the agent, and where to look.

Source: `wire.md` §9.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, text

LONGEST_TRANSCRIPT: Final = 200_000
"""The most characters of a transcript."""
_MOST_LISTED: Final = 200
_LONGEST_NAME: Final = 500


def _name(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip() or len(value) > _LONGEST_NAME:
        raise InvalidInput(
            f"it is empty, or longer than {_LONGEST_NAME} characters",
            place=attribute.name,
            remedy=f"name the {attribute.name}",
        )
    if not value.isprintable():
        raise InvalidInput("it holds what cannot be printed", place=attribute.name, remedy="mend it")


def _transcript(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("nothing is said in it", place=attribute.name, remedy="give what was said so far")
    if len(value) > LONGEST_TRANSCRIPT:
        raise InvalidInput(
            f"it has {len(value):,} characters of at most {LONGEST_TRANSCRIPT:,}",
            place=attribute.name,
            remedy="leave out its beginning",
        )


def _listed(place: str, values: Iterable[str]) -> tuple[str, ...]:
    taken = all_of(str, values, place)
    if (
        len(taken) > _MOST_LISTED
        or not all(map(str.strip, taken))
        or max(map(len, taken), default=0) > _LONGEST_NAME
    ):
        raise InvalidInput(
            f"it holds over {_MOST_LISTED}, or one that is empty or over {_LONGEST_NAME} characters long",
            place=place,
            remedy="mend the list",
        )
    return taken


def _skills(values: Iterable[str]) -> tuple[str, ...]:
    return _listed("skills", values)


def _bases(values: Iterable[str]) -> tuple[str, ...]:
    return _listed("bases", values)


@frozen
class AdviceQuery:
    """What an agent needs advice on: all of the *transcript* so far, and the knowledge *bases* to look in.

    Without bases the platform looks in all that the agent may see. The order of skills and bases is nothing.
    """

    conversation: str = field(validator=_name)
    transcript: str = field(validator=_transcript, repr=lambda text: f"<{len(text)} characters>")
    agent: str = field(validator=_name)
    skills: tuple[str, ...] = field(default=(), converter=_skills)
    bases: tuple[str, ...] = field(default=(), converter=_bases)
    channel: str = field(default="chat", validator=_name)
