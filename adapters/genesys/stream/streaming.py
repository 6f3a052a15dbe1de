"""The stream as its callers see it: have a socket, listen on it, and close it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from jackfield.adapters.genesys.resilience.retries import Jitter
from jackfield.adapters.genesys.stream.connecting import Door
from jackfield.adapters.genesys.stream.hearing import Hearing
from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.pump import LOOK_S, SILENCE_S, Pump
from jackfield.adapters.genesys.stream.switchboard import Switchboard
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.genesys.stream.tries import Tries
from jackfield.domain.model.errors import InvalidInput, OpenedBeforeFork, Unavailable
from jackfield.ports.assistants import ConversationId, Hear
from jackfield.ports.clock import Clock

_JOINING_S: Final = 12.0


class Stream:
    """One socket and one thread for all conversations; safe for threads."""

    def __init__(
        self, door: Door, clock: Clock, *, jitter: Jitter, telling: Telling, silence_s: float = SILENCE_S
    ) -> None:
        self._clock = clock
        self._board = Switchboard(clock, telling)
        self._tries = Tries(clock, jitter)
        self._pump = Pump(self._board, door, self._tries, clock, silence_s)
        self._process = os.getpid()

    def refuse(self) -> None:
        """Raise what keeps anything from being done: it is closed, or another process's."""
        if os.getpid() != self._process:
            raise OpenedBeforeFork(
                "the core was opened in another process",
                place="stream",
                remedy="open it after the fork, once in each process",
            )
        self._board.refuse_closed()

    def ready(self, ends: float) -> None:
        """Return when there is a socket; raise what keeps it from being opened by *ends*."""
        self.refuse()
        board = self._board
        with board.lock:
            board.want(self._pump.run)
            board.waiting += 1
            since = self._tries.failures
            try:
                while board.socket is None:
                    self._refuse_waiting(since, ends)
                    board.lock.wait(LOOK_S)
            finally:
                board.waiting -= 1

    def listen(
        self, conversation: ConversationId, hear: Hear, *, cursor: Callable[[], int | None], ends: float
    ) -> Listening:
        """Hear a conversation on the pump's thread, from its first piece on."""
        self.refuse()
        board = self._board
        line = Listening(conversation, Hearing(hear), cursor, ends, board)
        with board.lock:
            if conversation in board.roll:
                raise InvalidInput(
                    "it is listened to already", place="conversation", remedy="close the other line first"
                )
            board.want(self._pump.run)
            board.roll.add(line)
            socket = None if board.trying else board.socket
        if socket is not None:
            line.begin(socket)
        return line

    def close(self) -> None:
        """Let everybody hear that it is over, and return when the thread has ended.

        A thread that is just connecting ends when it has, or could not.
        """
        if os.getpid() != self._process:
            self.refuse()
        board = self._board
        with board.lock:
            board.closing = True
            thread, socket = board.thread, board.socket
            board.lock.notify_all()
        if thread is None or board.is_here():
            return
        if socket is not None:
            socket.close()  # wakes the thread
        thread.join(_JOINING_S)

    def _refuse_waiting(self, since: int, ends: float) -> None:
        self._board.refuse_closed()
        error = self._tries.refusal(since, ends)
        if error is not None:
            raise error
        if self._clock.monotonic() >= ends:
            raise Unavailable("no connection in time", place="stream", remedy="try again, or give it longer")
