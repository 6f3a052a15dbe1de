"""Answers that nobody recorded yet: what callers leave is settled, at the latest when the core closes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Condition
from typing import Final

from attrs import define, field

from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.assistants.replies import Reply
from jackfield.ports.clock import Clock

_AT_ONCE: Final = 2
"""Answers that were left, which one question settles: more than it can leave itself."""
_CLOSING_SECONDS: Final = 5.0
"""How long closing goes on to settle; a ledger's own time limit may end behind it, once."""


@define(eq=False)
class Pending:
    """The replies of one core until they are recorded; safe for threads."""

    clock: Clock
    _replies: dict[Reply, None] = field(factory=dict[Reply, None], init=False, repr=False)
    _closed: bool = field(default=False, init=False)
    _asking: int = field(default=0, init=False)
    _lock: Condition = field(factory=Condition, init=False, repr=False)

    @contextmanager
    def asking(self) -> Generator[None]:
        """Have closing wait while the block asks: the end of what it intends is to be recorded too."""
        with self._lock:
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking -= 1
                self._lock.notify_all()

    def add(self, reply: Reply) -> None:
        """Keep *reply* until it is recorded; behind `cancel` it is canceled and recorded at once."""
        with self._lock:
            self._replies[reply] = None
            closed = self._closed
        if closed:
            _cancel(reply)
            self._settle(reply)

    def drop(self, reply: Reply) -> None:
        """Let go of *reply*: it is recorded."""
        with self._lock:
            self._replies.pop(reply, None)

    def tidy(self) -> None:
        """Settle a few whose deadline passed and which nobody took; who still takes pieces gets them."""
        with self._lock:
            oldest = list(islice(self._replies, _AT_ONCE))
        for reply in oldest:
            reply.lapse()
            if reply.is_late:
                self._settle(reply)

    def cancel(self) -> None:
        """Cancel all, and all to come."""
        with self._lock:
            self._closed = True
            replies = list(self._replies)
        for reply in replies:
            _cancel(reply)

    def settle(self) -> None:
        """Record those that were canceled, as many as can be in five seconds; what cannot be stays intended.

        Questions that are on their way are waited for, as long at most.
        """
        until = self.clock.monotonic() + _CLOSING_SECONDS
        with self._lock:
            self._lock.wait_for(lambda: not self._asking, _CLOSING_SECONDS)
            replies = list(self._replies)
        for reply in replies:
            if self.clock.monotonic() > until:
                return
            self._settle(reply)

    def _settle(self, reply: Reply) -> None:
        """Record *reply*; one that cannot be waits behind the others."""
        with suppress(JackfieldError):
            _ = reply.answer
            return
        with self._lock:
            if self._replies.pop(reply, self) is not self:
                self._replies[reply] = None


def _cancel(reply: Reply) -> None:
    reply.finish(End.CANCELED, "the core was closed")
