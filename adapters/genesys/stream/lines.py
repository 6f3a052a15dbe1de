"""One conversation that is listened to: what is asked of the platform for it, and what its listener hears.

Whatever is sent is sent under the pump's lock, so that what was said last counts; nobody hears anything
under a lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.stream.boards import Board
from jackfield.adapters.genesys.stream.frames import subscribe, unsubscribe
from jackfield.adapters.genesys.stream.hearing import Hearing
from jackfield.adapters.genesys.stream.holding import Holding
from jackfield.adapters.genesys.stream.skipping import MOST_SKIPPED, Skipping
from jackfield.adapters.sockets import Socket
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent

_MOST_STALLS: Final = 30
"""Sockets that a line may lose in a row without a piece for it: many lines share one, and one comes first."""
_MOST_TURNS: Final = 8
_GONE: Final = frozenset({"closed", "not.found"})
_UNREAD: Final = "a frame could not be read, and the server knows no sequence to ask again by"
_LOST: Final = "and the platform does not keep the rest any more"
_GARBAGE: Final = "garbage"
_UNNUMBERED: Final = "the server knows no sequence, so what is missing cannot be asked for"


@define(eq=False)
class Listening:
    """A `Line`: its listener hears on the pump's thread alone."""

    conversation: str
    hearing: Hearing
    cursor: Callable[[], int | None] = field(repr=False)
    ends: float
    board: Board[Listening] = field(repr=False)
    over: bool = field(default=False, init=False)
    _paused: bool = field(default=False, init=False)
    _numbered: bool | None = field(default=None, init=False)
    _doubtful: bool = field(default=False, init=False)
    _asked: int = field(default=0, init=False)
    _asked_for: str = field(default="", init=False)
    _on: Socket | None = field(default=None, init=False)
    _unsubscribed: int = field(default=0, init=False)
    _again: bool = field(default=False, init=False)
    _completed: bool = field(default=False, init=False)
    _stalls: int = field(default=0, init=False)
    _why: str = field(default="line", init=False)
    _reached: int | None = field(default=None, init=False)
    _skipped: Skipping = field(factory=Skipping, init=False)
    _turns: int = field(default=0, init=False)
    _held: Holding = field(factory=Holding, init=False)
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
                self._unsubscribe()

    def resume(self) -> None:
        """Ask for what is behind the cursor."""
        if self._is_elsewhere():
            return
        after = self.cursor()
        with self.board.lock:
            if self.over:
                return
            self._asked_for = "it was paused" if self._paused else "pieces were missing"
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
            self.hearing.closed = True
            self._leave(unsubscribing=not self._completed)
        if not self.board.is_here():
            self.hearing.wait()

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
        if self._doubtful and self._is_torn(event):
            self._tear(_GARBAGE, _UNREAD)
        elif self._paused:
            self._put_by(event)
        elif self._held:  # behind what is still to be heard
            self._hold(event)
        elif not self._skipped or self._is_in_turn(event):
            self._say(event)

    def release(self) -> None:
        """Say what was kept while the listener was busy."""
        while self._held and not self._paused and not self.over:
            self._say(self._held.taken())

    def garbled(self) -> None:
        """A frame came that nobody could read; where nothing is numbered it may have been a piece of this."""
        self._doubtful = True
        if self._numbered is False:
            self._tear(_GARBAGE, _UNREAD)

    def is_meant(self) -> bool:
        """Say whether an error of nobody in particular can be about nothing else than this line."""
        return self._unsubscribed == self.board.unsubscribed

    def is_on(self, socket: Socket) -> bool:
        """Say whether it was asked for on *socket*."""
        return self._on is socket

    def dropped(self, why: str) -> None:
        """The socket is gone; *why* is the code of a failure that this may end in."""
        self._why = why
        if self._on is not None and self._numbered is False:
            self._tear(why, _UNNUMBERED)

    def _tear(self, why: str, detail: str) -> None:
        """Hear what was kept, and that something behind it is lost for good."""
        while self._held and not self.over:
            self._say(self._held.taken())
        if not self.over:
            self._tell(Interrupted(False))
            self.fail(why, detail)

    def _is_torn(self, event: StreamEvent) -> bool:
        """Say whether something without a number comes behind what nobody could read."""
        return isinstance(event, Chunk | Completed) and event.sequence is None and not self._numbered

    def take_up(self, socket: Socket) -> None:
        """Go on after a drop, on another socket; say so if anything can have been missed."""
        if self._on is socket:
            return
        if self._on is not None and not self._paused and not self.over:
            if self._is_stuck():
                return
            self.board.telling.resumed("resumed")
            self._asked_for = "the line dropped"
            self._tell(Interrupted(True))
        self.begin(socket)

    def fail(self, code: str, detail: str) -> None:
        """Hear that no more comes."""
        self._end(Failed(code, detail), unsubscribing=True)

    def _ask(self, after: int | None) -> None:
        socket = self.board.send(subscribe(self.conversation, after))
        if socket is not None:
            if self._on is not socket:
                self._unsubscribed = self.board.unsubscribed
                self.board.subscribers += 1
            self._on = socket
            self._asked += 1
            self._completed = False

    def _unsubscribe(self) -> None:
        """Ask for no more of it; a server that does not know the frame answers with an error of nobody."""
        self.board.unsubscribed += 1
        self.board.send(unsubscribe(self.conversation))

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
        if not self._skipped.add(sequence):
            self.fail("line", f"over {MOST_SKIPPED} pieces came after nobody wanted any")

    def _is_in_turn(self, event: StreamEvent) -> bool:
        """Say whether to hear it: what was under way before a pause comes again behind what was skipped."""
        if isinstance(event, Chunk) and event.sequence is not None:
            if self._skipped.comes_again(event.sequence):
                return True
            self._skip(event.sequence)
            return False
        return not isinstance(event, Completed) or self._turns == _MOST_TURNS or self._ask_again()

    def _ask_again(self) -> bool:
        """Ask for what was skipped, once more: this end was not that of all that was asked for; say False."""
        self._turns += 1
        self._asked_for = "it was paused"
        after = self.cursor()
        with self.board.lock:
            if not self.over and not self._paused:
                self._ask(after)
        return False

    def _hold(self, event: StreamEvent) -> None:
        if not self._held.put(event):
            self.fail("line", "too much waited for its listener, and the server would not send it again")

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
            return Failed("replay", f"{self._asked_for}, {_LOST}")
        return failed

    def _complete(self, completed: Completed) -> None:
        """Hear the end; a listener that misses pieces resumes, or has paused, and is not let go."""
        self._again, self._completed = False, True
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
            self._unsubscribe()

    def _tell(self, event: StreamEvent) -> None:
        if not self.hearing.tell(event):
            self.close()

    def _is_elsewhere(self) -> bool:
        """In a forked process the socket is another's."""
        return os.getpid() != self._process
