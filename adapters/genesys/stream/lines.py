"""One conversation that is listened to: what is asked of the platform for it, and what its listener hears.

Whatever is sent is sent under the pump's lock, so that what was said last counts; nobody hears anything
under a lock.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from threading import Condition, Event
from typing import Final, Protocol

from attrs import define, field
from loguru import logger

from jackfield.adapters.genesys.stream.frames import subscribe, unsubscribe
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.sockets import Socket
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent
from jackfield.ports.assistants import Hear

MOST_HELD: Final = 10_000
"""Pieces that are kept for a paused listener where the platform cannot send them again."""
_MOST_STALLS: Final = 30
"""Sockets that a line may lose in a row without a piece for it: many lines share one, and one comes first."""
_MOST_TURNS: Final = 8
_HEARING_STEPS: Final = 100
_HEARING_STEP_S: Final = 0.001
_NEVER: Final = Event()
_GONE: Final = frozenset({"closed", "not.found"})
_UNNUMBERED: Final = "the server knows no sequence, so what is missing cannot be asked for"


class Board(Protocol):
    """What a line needs of those who hear for it."""

    lock: Condition
    telling: Telling

    def send(self, text: str) -> Socket | None:
        """Send a frame if there is a socket; return that. The lock is held."""
        ...

    def forget(self, line: Listening) -> None:
        """Listen to the conversation no more."""
        ...

    def wake(self, line: Listening) -> None:
        """Let it say what it holds, on the pump's thread."""
        ...

    def is_here(self) -> bool:
        """Say whether this is the pump's thread."""
        ...


@define(eq=False)
class Listening:
    """A `Line`: `hear` is called on the pump's thread alone."""

    conversation: str
    hear: Hear
    cursor: Callable[[], int | None]
    ends: float
    board: Board
    over: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _paused: bool = field(default=False, init=False)
    _numbered: bool | None = field(default=None, init=False)
    _asked: int = field(default=0, init=False)
    _on: Socket | None = field(default=None, init=False)
    _again: bool = field(default=False, init=False)
    _hearing: bool = field(default=False, init=False)
    _stalls: int = field(default=0, init=False)
    _why: str = field(default="line", init=False)
    _reached: int | None = field(default=None, init=False)
    _skipped: set[int] = field(factory=set[int], init=False)
    _skipped_to: int = field(default=-1, init=False)
    _turns: int = field(default=0, init=False)
    _held: deque[StreamEvent] = field(factory=deque[StreamEvent], init=False)
    _process: int = field(factory=os.getpid, init=False)

    def pause(self) -> None:
        """Ask the platform for no more; what is under way already comes again after `resume`.

        Where it could not be sent again (no sequence) the pieces are kept here.
        """
        if self._is_elsewhere():
            return
        with self.board.lock:
            if self.over or self._paused:
                return
            self._paused = True
            if self._numbered is not False:
                self.board.send(unsubscribe(self.conversation))

    def resume(self) -> None:
        """Ask for what is behind the cursor."""
        if self._is_elsewhere():
            return
        after = self.cursor()
        with self.board.lock:
            if self.over:
                return
            self._paused, self._again = False, True
            if self._numbered is False:
                self.board.wake(self)
            else:
                self._ask(after)

    def close(self) -> None:
        """Listen no more; what is being heard at this moment is waited for, a tenth of a second at most."""
        if self._is_elsewhere():
            return
        with self.board.lock:
            self._closed = True
            self._leave(unsubscribing=True)
        if not self.board.is_here():
            for _ in range(_HEARING_STEPS):
                if not self._hearing:
                    return
                _NEVER.wait(_HEARING_STEP_S)

    def begin(self, socket: Socket) -> None:
        """Ask for the answer on *socket*, unless that was done; what went before is behind the cursor."""
        after = self.cursor()
        with self.board.lock:
            if not self.over and not self._paused and self._on is not socket:
                self._ask(after)

    def take(self, event: StreamEvent) -> None:
        """Hear what the platform sent, or keep it, or let it come again."""
        if type(event) is Chunk:
            if self._numbered and not self._paused and not self._skipped:
                self._tell(event)
                return
            if self._numbered is None or event.sequence is None:
                self._numbered = event.sequence is not None
        if self._paused:
            self._put_by(event)
        elif self._held:  # behind what is still to be heard
            self._hold(event)
        elif not self._skipped or self._is_in_turn(event):
            self._say(event)

    def release(self) -> None:
        """Say what was kept while the listener was busy."""
        while self._held and not self._paused and not self.over:
            self._say(self._held.popleft())

    def dropped(self, why: str) -> None:
        """The socket is gone; *why* is the code of a failure that this may end in."""
        self._why = why
        if self._on is not None and self._numbered is False:
            while self._held and not self.over:
                self._say(self._held.popleft())
            if not self.over:
                self._tell(Interrupted(False))
                self.fail(why, _UNNUMBERED)

    def take_up(self, socket: Socket) -> None:
        """Go on after a drop, on another socket; say so if anything can have been missed."""
        if self._on is not None and not self._paused and not self.over:
            if self._is_stuck():
                return
            self.board.telling.resumed("resumed")
            self._tell(Interrupted(True))
        self.begin(socket)

    def fail(self, code: str, detail: str) -> None:
        """Hear that no more comes."""
        self._end(Failed(code, detail), unsubscribing=True)

    def _ask(self, after: int | None) -> None:
        socket = self.board.send(subscribe(self.conversation, after))
        if socket is not None:
            self._on = socket
            self._asked += 1

    def _is_stuck(self) -> bool:
        """A line that is taken up again and again without a new piece would never end."""
        reached = self.cursor()
        self._stalls = self._stalls + 1 if reached == self._reached else 0
        self._reached = reached
        if self._stalls >= _MOST_STALLS:
            self.fail(self._why, f"it was taken up {self._stalls} times without a new piece")
            return True
        return False

    def _put_by(self, event: StreamEvent) -> None:
        """Keep it if it cannot come again, else know that it must."""
        if self._numbered is False:
            self._hold(event)
        elif isinstance(event, Chunk) and event.sequence is not None:
            reached = self.cursor()
            if reached is None or event.sequence > reached:
                self._skip(event.sequence)

    def _skip(self, sequence: int) -> None:
        self._skipped.add(sequence)
        self._skipped_to = max(sequence, self._skipped_to)
        if len(self._skipped) > MOST_HELD:
            self.fail("line", f"over {MOST_HELD} pieces came after nobody wanted any")

    def _is_in_turn(self, event: StreamEvent) -> bool:
        """Say whether to hear it: what was under way before a pause comes again behind what was skipped."""
        if isinstance(event, Chunk) and event.sequence is not None:
            if event.sequence > self._skipped_to:
                self._skip(event.sequence)
                return False
            self._skipped.discard(event.sequence)
            self._skipped_to = self._skipped_to if self._skipped else -1
            return True
        return not isinstance(event, Completed) or self._turns == _MOST_TURNS or self._ask_again()

    def _ask_again(self) -> bool:
        """Ask for what was skipped, once more: this end was not that of all that was asked for; say False."""
        self._turns += 1
        after = self.cursor()
        with self.board.lock:
            if not self.over and not self._paused:
                self._ask(after)
        return False

    def _hold(self, event: StreamEvent) -> None:
        self._held.append(event)
        if len(self._held) > MOST_HELD:
            self.fail("line", f"over {MOST_HELD} pieces waited, and the server would not send them again")

    def _say(self, event: StreamEvent) -> None:
        if isinstance(event, Completed):
            self._complete(event)
        elif isinstance(event, Failed):
            self._end(self._understood(event), unsubscribing=False)
        else:
            self._tell(event)

    def _understood(self, failed: Failed) -> Failed:
        """What the platform does not have when it is asked again cannot be replayed."""
        if self._asked > 1 and failed.code in _GONE:
            self.board.telling.resumed("lost")
            return Failed("replay", "the line dropped, and the platform does not keep the rest any more")
        return failed

    def _complete(self, completed: Completed) -> None:
        """Hear the end; a listener that misses pieces resumes, or has paused, and is not let go."""
        self._again = False
        self._tell(completed)
        with self.board.lock:
            if self._numbered is False or not (self._again or self._paused):
                self._leave(unsubscribing=False)

    def _end(self, failed: Failed, *, unsubscribing: bool) -> None:
        with self.board.lock:
            if self.over:
                return
            self._leave(unsubscribing=unsubscribing)
        self._tell(failed)

    def _leave(self, *, unsubscribing: bool) -> None:
        if self.over:
            return
        self.over = True
        self.board.forget(self)
        if unsubscribing and self._on is not None and not self._paused:
            self.board.send(unsubscribe(self.conversation))

    def _tell(self, event: StreamEvent) -> None:
        """Hear it, if nobody closed the line meanwhile: one of two threads sees what the other has set."""
        self._hearing = True
        try:
            if not self._closed:
                self.hear(event)
        except Exception as error:  # noqa: BLE001  # one listener's fault must not silence the others
            self.close()
            logger.bind(error=type(error).__name__).warning("a listener of the stream failed")
        finally:
            self._hearing = False

    def _is_elsewhere(self) -> bool:
        """In a forked process the socket is another's."""
        return os.getpid() != self._process
