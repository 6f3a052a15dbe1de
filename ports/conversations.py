"""What a program or a plugin may say about what goes into a conversation, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from jackfield.domain.model.conversations.examples import Asking
from jackfield.domain.model.conversations.messages import Message

Select: TypeAlias = Callable[[Asking], Sequence[str] | None]
"""Chooses examples by id, the best first; None leaves it to the selector that was asked for. Never raises."""

Summarize: TypeAlias = Callable[[tuple[Message, ...], int], str | None]
"""Says in at most so many tokens what messages said that do not fit; None says nothing. Never raises."""


class NotKept(str):
    """A note in the place of a text that is not kept at all."""

    __slots__ = ()


Redact: TypeAlias = Callable[[str], str]
"""Returns a text without what must not be kept of persons, or `NotKept` in the place of one that is not kept
at all; raises `Unavailable` if nobody can do that."""


def unselected(_: Asking) -> Sequence[str] | None:
    """Nobody chooses."""


def unsummarized(_messages: tuple[Message, ...], _tokens: int) -> str | None:
    """Nobody summarizes."""
