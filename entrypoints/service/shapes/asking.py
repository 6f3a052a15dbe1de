"""A question to an assistant, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from jackfield.domain.model.conversations.messages import LARGEST_WINDOW, Role
from jackfield.entrypoints.service.shapes.fields import number, real, text


@frozen(kw_only=True, eq=False, repr=False)
class Said:
    """One earlier message."""

    role: Role
    content: str


@frozen(kw_only=True, eq=False, repr=False)
class Limits:
    """The most tokens of the answer, of what is sent, and of both."""

    output: int | None = number(least=1, most=LARGEST_WINDOW, default=None)
    input: int | None = number(least=1, most=LARGEST_WINDOW, default=None)
    window: int | None = number(least=1, most=LARGEST_WINDOW, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class Asking:
    """A question with a published prompt, of which a version is chosen for `unit`, or kept by `pin`."""

    assistant: str = text(least=1, most=200)
    prompt: str = text(least=1, most=200)
    user: str | None = None
    values: Mapping[str, Any] = field(factory=dict[str, Any])
    history: tuple[Said, ...] = ()
    unit: str | None = text(least=1, most=1_000, default=None)
    pin: str | None = text(most=4_096, default=None)
    version: str | None = text(least=1, most=128, default=None)
    budget: Limits = field(factory=Limits)
    temperature: float = real(least=0.0, most=2.0, default=0.2)
    deadline_s: float | None = real(least=0.1, most=3_600.0, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class ChosenShape:
    """Which version was asked with, and why."""

    reason: str
    rollout: str | None
    arm: str | None
    pin: str
    ignored: str | None


@frozen(kw_only=True, eq=False, repr=False)
class DroppedShape:
    """Something that was left out of what was sent."""

    kind: str
    place: str
    messages: int
    tokens: int
    reason: str


@frozen(kw_only=True, eq=False, repr=False)
class AnswerShape:
    """What an assistant answered: whole only if `end` is `complete`."""

    text: str
    end: str
    detail: str
    assistant: str
    conversation: str
    prompt: str
    version: str
    choice: ChosenShape | None
    prompt_tokens: int
    completion_tokens: int
    exact: bool
    injection_s: float
    first_piece_s: float | None
    took_s: float
    tokens_per_second: float | None
    examples: tuple[str, ...]
    summarized: bool
    dropped: tuple[DroppedShape, ...]
    gaps: tuple[int, ...]
    repeats: int
    resumes: int
