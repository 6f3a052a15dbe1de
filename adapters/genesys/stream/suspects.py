"""Whose frame is too long: a socket that is closed for one (1009) does not say, and takes everybody along."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.switchboard import Switchboard
from jackfield.adapters.sockets import Socket
from jackfield.ports.clock import Clock

TOO_LONG: Final = "1009"
_MOST_OF_ALL: Final = 2
"""Sockets in a row that may be closed so, before lines are taken up a few at a time."""
_TRIAL_S: Final = 1.0
"""How long a line has to show that it is not the one: what is behind its cursor is sent at once."""
_DETAIL: Final = "a frame of its answer is longer than 1 MiB"


@define(eq=False)
class Suspects:
    """Who is taken up on a new socket, and in which order; on the pump's thread.

    After two such sockets in a row one line is taken up alone, then two more, four, and so on; those of
    the last round are the first the next time. A line that was alone on a socket that ends so is to blame.
    """

    board: Switchboard
    clock: Clock
    _row: int = field(default=0, init=False)
    _sockets: int = field(default=0, init=False)
    _socket: Socket | None = field(default=None, init=False)
    _waiting: deque[Listening] = field(factory=deque[Listening], init=False)
    _last: Sequence[Listening] = field(default=(), init=False)
    _round: int = field(default=0, init=False)
    _next_at: float = field(default=0.0, init=False)

    def dropped(self, socket: Socket, why: str) -> None:
        """A socket was lost; fail whose fault that certainly was."""
        self._row = self._row + 1 if why == TOO_LONG else 0
        self._socket = None
        on = [line for line in self.board.lines() if line.is_on(socket)]
        if self._row > _MOST_OF_ALL and len(on) == self.board.subscribers == 1:
            self._row = 0
            on[0].fail("too.long", _DETAIL)

    def connected(self, socket: Socket) -> None:
        """Begin with a new socket; the lock is held. Nobody is always the first, nor the last."""
        lines, last = deque(self.board.roll.all()), set(self._last)
        self._sockets += 1
        lines.rotate(-self._sockets)
        first = [line for line in lines if line in last]
        self._waiting = deque(first + [line for line in lines if line not in last])
        self._socket, self._last = socket, ()
        self._round, self._next_at = 1, 0.0
        self.board.subscribers = 0
        self.board.trying = self._row >= _MOST_OF_ALL

    def go_on(self) -> None:
        """Take up who is next, when it is time."""
        socket = self._socket
        if socket is None or self._is_on_trial():
            return
        self._last = self._batch(socket)
        for line in self._last:
            line.take_up(socket)

    def _is_on_trial(self) -> bool:
        waiting = self.clock.monotonic() < self._next_at
        return waiting and not all(line.over for line in self._last)

    def _batch(self, socket: Socket) -> Sequence[Listening]:
        """Return who is taken up now: everybody, or one, then two, then four, and at last who is new."""
        if self.board.trying and self._waiting:
            some = [self._waiting.popleft() for _ in range(min(self._round, len(self._waiting)))]
            self._round *= 2
            self._next_at = self.clock.monotonic() + _TRIAL_S
            return some
        return self._everybody(socket)

    def _everybody(self, socket: Socket) -> Sequence[Listening]:
        with self.board.lock:
            self.board.trying = False
            lines = (*self._waiting, *self.board.roll.all())
        self._waiting.clear()
        self._socket = None
        return [line for line in dict.fromkeys(lines) if not line.is_on(socket)]
