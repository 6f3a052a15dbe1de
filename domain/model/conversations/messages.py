"""What is said to an assistant, and by whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, optional_number, text, whole_number

LONGEST_SYSTEM: Final = 4_096
"""The most characters (code points) of a system instruction; source: `wire.md` §7."""
LARGEST_WINDOW: Final = 32_000
"""The most tokens of a context window; source: `wire.md` §7."""
_UNSAID: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Role(StrEnum):
    """Who says a message; a value never chooses it."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


def refuse_unsayable(value: str, place: str) -> None:
    """Raise `InvalidInput` for a control character (but tab and line breaks), or a lone surrogate."""
    found = _UNSAID.search(value)
    if found is not None:
        raise InvalidInput(
            f"it holds a control character or half of a surrogate pair at character {found.start() + 1}",
            place=place,
            remedy="remove it",
        )


def _sayable(_instance: object, attribute: object, value: str) -> None:
    text(_instance, attribute, value)
    refuse_unsayable(value, "content")


def _role(value: str) -> Role:
    try:
        return Role(value)
    except ValueError:
        said = f"it is one of {', '.join(Role)}"
        raise InvalidInput(said, place="role", remedy="name who says it") from None


@frozen
class Message:
    """One message; its content may be empty, and holds no control character but tab and line breaks."""

    role: Role = field(converter=_role)
    content: str = field(validator=_sayable, repr=lambda content: f"<{len(content)} characters>")


def _messages(messages: Iterable[Message]) -> tuple[Message, ...]:
    return all_of(Message, messages, "messages")


@frozen(kw_only=True)
class Question:
    """What is sent to an assistant: `wire.md` §7.

    `output` is the most tokens of the answer (never the window), `temperature` 0..2.
    """

    assistant: str = field(validator=text)
    messages: tuple[Message, ...] = field(converter=_messages)
    output: int = field(validator=whole_number)
    temperature: float = 0.2
    safety_policy: str = field(default="strict", validator=text)

    @property
    def digest(self) -> str:
        """SHA-256 of the messages as they are sent (`wire.md` §11: promptHash)."""
        return digest(canonical([{"role": m.role.value, "content": m.content} for m in self.messages]))


@frozen(kw_only=True)
class Budget:
    """How many tokens a conversation may take.

    `output` is the most of the answer and is kept apart; `input` the most of everything that is sent (None:
    what the window leaves beside the output); `window` holds both; `overhead` is added for each message.
    """

    output: int = field(default=1_024, validator=whole_number)
    input: int | None = field(default=None, validator=optional_number)
    window: int = field(default=LARGEST_WINDOW, validator=whole_number)
    overhead: int = field(default=3, validator=whole_number)


ANSWER_TIME: Final = timedelta(seconds=60)
"""How long an answer may take in all, unless the caller says so."""

LONGEST_ANSWER: Final = timedelta(hours=1)
"""The longest deadline that may be set."""
