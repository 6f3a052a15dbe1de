"""What a customer says, with what happened since, as a program tells it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, optional_text, text
from jackfield.domain.model.sessions.signals import Failure, utterance

LONGEST_KEY: Final = 200
_TOLD: Final = (Failure.TOOL, Failure.PLATFORM)


def _said(_instance: object, _attribute: Any, value: Any) -> None:
    utterance(value)


def _tried(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "tried")


def _failure(value: Any) -> Failure | None:
    """Return a failure; a word of it is taken as well."""
    if value is None:
        return None
    found = next((each for each in _TOLD if each == value), None)
    if found is None:
        raise InvalidInput(
            "a program tells of tools and of the platform",
            place="failure",
            remedy=f"give {' or '.join(_TOLD)}, or leave it out",
        )
    return found


def _once(instance: object, attribute: Any, value: Any) -> None:
    if value is None:
        return
    text(instance, attribute, value)
    if not value.strip() or not value.isprintable() or len(value) > LONGEST_KEY:
        raise InvalidInput(
            f"it is empty, over {LONGEST_KEY} characters, or holds what cannot be printed",
            place=attribute.name,
            remedy="give the id that the channel has for the customer's message, or leave it out",
        )


@frozen(kw_only=True)
class Utterance:
    """What a customer says: `text`; and what happened since his last turn.

    `bot_said` is what he was told, `tried` which actions were tried for him, `failure` what did not work.
    `once` names the turn within its session: said again under this name, it is the same turn.
    """

    text: str = field(validator=_said, repr=False)
    bot_said: str | None = field(default=None, validator=optional_text, repr=False)
    tried: tuple[str, ...] = field(default=(), converter=_tried, repr=False)
    failure: Failure | None = field(default=None, converter=_failure)
    once: str | None = field(default=None, validator=_once)

    @property
    def hash(self) -> str:
        """The SHA-256 of its text, which the log has in its place."""
        return _hash(self.text)

    @property
    def key(self) -> str | None:
        """The SHA-256 of its name."""
        return None if self.once is None else _hash(self.once)


def _hash(said: str) -> str:
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
