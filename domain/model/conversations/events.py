"""What comes from an assistant's stream, as the adapter of a platform understood it: `wire.md` §7."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen


@frozen
class Usage:
    """Tokens as the platform counted them."""

    prompt_tokens: int
    completion_tokens: int


@frozen
class Chunk:
    """A piece of the answer; `sequence` counts from 0, None from a server that knows none."""

    sequence: int | None
    content: str = field(repr=lambda content: f"<{len(content)} characters>")


@frozen
class Completed:
    """The answer is whole."""

    sequence: int | None
    usage: Usage | None
    safety: bool = False


@frozen
class Failed:
    """The platform, or the line for good, says that no more comes.

    `code` is the platform's (`not.found`, `closed`, `forbidden`, `too.many.subscriptions`), or ours (`line`,
    `silence`, `replay`, `garbage`, `too.long`); `detail` names it for people, without customer text.
    """

    code: str
    detail: str = ""


@frozen
class Interrupted:
    """The line dropped and is taken up again; `resumable` is False where the server knows no sequence."""

    resumable: bool


StreamEvent: TypeAlias = Chunk | Completed | Failed | Interrupted
