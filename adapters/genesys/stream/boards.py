"""What a line needs of those who hear for it."""

from __future__ import annotations

from threading import Condition
from typing import Protocol, TypeVar

from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.sockets import Socket

L_contra = TypeVar("L_contra", contravariant=True)


class Board(Protocol[L_contra]):
    """What a line needs of those who hear for it."""

    lock: Condition
    telling: Telling
    subscribers: int
    unsubscribed: int

    def send(self, text: str) -> Socket | None:
        """Send a frame if there is a socket; return that. The lock is held."""
        ...

    def forget(self, line: L_contra) -> None:
        """Listen to the conversation no more."""
        ...

    def wake(self, line: L_contra) -> None:
        """Let it say what it holds, on the pump's thread."""
        ...

    def is_here(self) -> bool:
        """Say whether this is the pump's thread."""
        ...
