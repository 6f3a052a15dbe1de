"""What is asked for, and how examples are chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.conversations.examples import Catalog, Selecting
from jackfield.domain.model.conversations.messages import Budget, Message
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import (
    all_of,
    expect,
    instance_of,
    optional_text,
    text,
    whole_number,
)
from jackfield.domain.model.prompts import PromptDefinition

_HOTTEST: Final = 2.0
_MOST_EXAMPLES: Final = 100


def _selecting(name: str) -> Selecting:
    if name not in frozenset(Selecting):
        raise InvalidInput(
            f"it is one of {', '.join(Selecting)}", place="selecting", remedy="name how they are chosen"
        )
    return Selecting(name)


def _few(instance: object, attribute: Any, count: int) -> None:
    whole_number(instance, attribute, count)
    if not 1 <= count <= _MOST_EXAMPLES:
        raise InvalidInput(
            f"it is a number 1 to {_MOST_EXAMPLES}, not {count}", place="examples.count", remedy="mend it"
        )


@frozen(kw_only=True)
class Examples:
    """The examples of a prompt, which of them are wanted, and how they are chosen.

    `category` None takes all; `count` is the most that are shown, 1 to 100.
    """

    catalog: Catalog = field(validator=instance_of(Catalog))
    category: str | None = field(default=None, validator=optional_text)
    count: int = field(default=2, validator=_few)
    selecting: Selecting = field(default=Selecting.LEXICAL, converter=_selecting)


def _history(messages: Any) -> tuple[Message, ...]:
    return all_of(Message, messages, "history")


def _temperature(_instance: object, _attribute: object, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= _HOTTEST:
        raise InvalidInput(
            "it is a number 0 to 2", place="temperature", remedy="use 0.2, or another of these"
        )


def _named(instance: object, attribute: Any, value: str) -> None:
    text(instance, attribute, value)
    if not value.strip() or not value.isprintable():
        raise InvalidInput(
            "it is empty, or holds what cannot be printed",
            place=attribute.name,
            remedy="name it as the platform does",
        )


def _examples(_instance: object, _attribute: object, value: Examples | None) -> None:
    if value is not None:
        expect(Examples, value, "examples", "make it Examples(catalog=jackfield.examples(FILE))")


@frozen(kw_only=True)
class Wanted:
    """A question to an assistant, before anything of it is counted or sent.

    `published` says that the version was taken from those published; else its program or file has it.
    """

    assistant: str = field(validator=_named)
    definition: PromptDefinition
    values: Mapping[str, Any] = field(repr=False)
    user: str | None = field(default=None, validator=optional_text, repr=False)
    history: tuple[Message, ...] = field(default=(), converter=_history, repr=False)
    examples: Examples | None = field(default=None, validator=_examples)
    budget: Budget = field(factory=Budget, validator=instance_of(Budget))
    temperature: float = field(default=0.2, validator=_temperature)
    safety_policy: str = field(default="strict", validator=_named)
    published: bool = False


@frozen(kw_only=True)
class Traits:
    """How conversations are composed: how many tokens a summary of what does not fit may take."""

    summary_tokens: int = 300
