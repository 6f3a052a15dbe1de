"""A platform whose assistants answer in pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType, Protocol, TypeAlias

from jackfield.domain.model.conversations.events import StreamEvent
from jackfield.domain.model.conversations.messages import Question

ConversationId = NewType("ConversationId", str)

Hear: TypeAlias = Callable[[StreamEvent], None]
"""Hears of what comes, in the order it came, on the gateway's one thread; never raises, never blocks.

Pieces may repeat, be out of order or miss: putting them together is the listener's. After `Completed` or
`Failed` nothing more comes.
"""


class Line(Protocol):
    """A conversation that is listened to; safe for threads, the gateway's own too. No verb blocks."""

    def pause(self) -> None:
        """Let no more come for now (the listener's buffer is full); what is missed comes after `resume`."""
        ...

    def resume(self) -> None:
        """Go on, or have sent again, behind what the cursor says."""
        ...

    def close(self) -> None:
        """Listen no more; nothing is heard after it returned. Closing twice is fine."""
        ...


class AssistantGateway(Protocol):
    """A platform's assistants; safe for threads.

    Any verb may raise `Refused`, and `Unavailable` when nothing has happened.
    """

    def ready(self, ends: float) -> None:
        """Have a line to the platform's stream by *ends* (monotonic seconds), before anything is asked."""
        ...

    def ask(self, question: Question, ends: float) -> ConversationId:
        """Begin a conversation; its answer is then streamed, and kept for a while.

        It creates: it is never sent twice, and what got no answer is `OutcomeUnknown` (nothing can be read
        back). Raises `NotFound` for an unknown assistant.
        """
        ...

    def listen(
        self, conversation: ConversationId, hear: Hear, *, cursor: Callable[[], int | None], ends: float
    ) -> Line:
        """Listen to an answer from its first piece on; at *ends* it hears `Failed("deadline")`.

        A line that drops is taken up again behind what *cursor* says was the last piece in order (None: from
        the start), and `Interrupted(True)` is heard; that it cannot be is a `Failed`. Where the server knows
        no sequence, a drop is `Interrupted(False)` and a `Failed`. So is a line that is silent for too long.
        """
        ...

    def close(self) -> None:
        """Close the socket cleanly; everything that is listened to hears `Failed("closed")`."""
        ...
