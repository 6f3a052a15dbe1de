"""What the callers' threads and the pump's share: who is listened to, on which socket, by which thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread, get_ident
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.roll import Roll
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.sockets import Socket, SocketClosed
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.ports.clock import Clock

_IDLE_S: Final = 60.0


@define(eq=False)
class Switchboard:
    """The state of the stream; `lock` guards everything that several threads change.

    Frames are sent under it, in the order in which they were wanted; nobody is told anything under it.
    `subscribers` counts the lines that were asked for on this socket, `unsubscribed` those that were ever
    unsubscribed; while `trying`, who is new waits until it is known whose frame was too long.
    """

    clock: Clock
    telling: Telling
    lock: Condition = field(factory=Condition, init=False)
    roll: Roll = field(factory=Roll, init=False)
    released: deque[Listening] = field(factory=deque[Listening], init=False)
    socket: Socket | None = field(default=None, init=False)
    thread: Thread | None = field(default=None, init=False)
    ident: int = field(default=0, init=False)
    waiting: int = field(default=0, init=False)
    wanted: bool = field(default=False, init=False)
    closing: bool = field(default=False, init=False)
    trying: bool = field(default=False, init=False)
    subscribers: int = field(default=0, init=False)
    unsubscribed: int = field(default=0, init=False)
    _touched: float = field(default=0.0, init=False)

    def want(self, run: Callable[[], None]) -> None:
        """Have a thread that runs, and connects; the lock is held."""
        self.refuse_closed()
        self.wanted = True
        self._touched = self.clock.monotonic()
        if self.thread is None:
            self.thread = Thread(target=run, name="jackfield-stream", daemon=True)
            self.thread.start()
        self.lock.notify_all()

    def refuse_closed(self) -> None:
        """Raise `Unavailable` when it is over."""
        if self.closing:
            raise Unavailable("the stream is closed", place="stream", remedy="open the core again")

    def send(self, text: str) -> Socket | None:
        """Send a frame if there is a socket, and return that; the lock is held.

        That it is lost is found out by who reads.
        """
        try:
            if self.socket is not None:
                self.socket.send(text)
        except SocketClosed:
            pass
        except JackfieldError:  # the platform in this process has no store at the moment
            if self.socket is not None:
                self.socket.close()
        return self.socket

    def forget(self, line: Listening) -> None:
        """Listen to the conversation no more; the lock is held."""
        self.roll.forget(line)
        self._touched = self.clock.monotonic()

    def wake(self, line: Listening) -> None:
        """Let it say what it holds, on the pump's thread."""
        self.released.append(line)

    def is_here(self) -> bool:
        """Say whether this is the pump's thread."""
        return get_ident() == self.ident

    def lines(self) -> Sequence[Listening]:
        """Return everybody who is listened to."""
        with self.lock:
            return self.roll.all()

    def is_needed(self) -> bool:
        """Say whether somebody needs a socket; the lock is held."""
        return self.wanted and (len(self.roll) > 0 or self.waiting > 0)

    def is_done(self) -> bool:
        """Say whether the thread can end; the lock is held."""
        idle = self.clock.monotonic() - self._touched >= _IDLE_S
        return self.closing or (idle and not len(self.roll) and not self.waiting)

    def part(self) -> Socket | None:
        """Have no thread any more, and return the socket that it leaves; the lock is held."""
        socket, self.socket, self.thread = self.socket, None, None
        return socket
