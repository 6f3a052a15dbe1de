"""An answer as it came out, whole or not, and why."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import field, frozen

from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import Unavailable


class End(StrEnum):
    """How an answer ended; only `complete` is the whole of it."""

    COMPLETE = "complete"
    BUDGET = "budget"
    LENGTH = "length"
    SAFETY = "safety"
    CANCELED = "canceled"
    BROKEN = "broken"


@frozen
class Dropped:
    """Something that was left out of what was sent: what, why, and its tokens.

    `kind` is `history` or `example`, `place` its index in the history (of its first message) or its id.
    """

    kind: str
    place: str
    messages: int
    tokens: int
    reason: str


@frozen(kw_only=True)
class Spent:
    """Tokens of a conversation; `exact` where the platform counted, else an upper estimate."""

    prompt_tokens: int
    completion_tokens: int
    exact: bool


@frozen(kw_only=True)
class Answer:
    """What an assistant answered: the text as far as it came, its end, and what it took.

    `first_piece` is None if nothing came. `detail` says why it is no whole answer. `gaps` names the sequence
    numbers that never came, `repeats` counts the pieces that came twice, `resumes` the lines taken up again.
    `summarized` says that a summary of what was left out of the history was sent in its place.
    `injection` is how long the platform took to take the question, `took` everything, from the call of `ask`;
    `tokens_per_second` are those of the answer, from when the question was taken.
    """

    text: str = field(repr=lambda text: f"<{len(text)} characters>")
    end: End
    spent: Spent
    conversation: str
    injection: timedelta
    took: timedelta
    first_piece: timedelta | None = None
    tokens_per_second: float | None = None
    dropped: tuple[Dropped, ...] = ()
    examples: tuple[str, ...] = ()
    summarized: bool = False
    choice: Choice | None = None
    detail: str = ""
    gaps: tuple[int, ...] = ()
    repeats: int = 0
    resumes: int = 0

    def require(self) -> str:
        """Return the text of a whole answer; raise `Unavailable` for any other end."""
        if self.end is End.COMPLETE:
            return self.text
        raise Unavailable(
            f"the answer is not whole: {self.end.value}{f' ({self.detail})' if self.detail else ''}",
            place=f"conversation {self.conversation}",
            remedy="use answer.text for what came, or ask again",
        )
