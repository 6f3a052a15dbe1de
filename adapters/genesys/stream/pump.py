"""The one thread that hears for everybody: it connects, reads, keeps the time, and connects again."""

from __future__ import annotations

from datetime import timedelta
from threading import get_ident
from typing import Final

from attrs import define, field
from loguru import logger

from jackfield.adapters.genesys.stream.connecting import Door
from jackfield.adapters.genesys.stream.frames import NOBODY, Quiet, owner, read
from jackfield.adapters.genesys.stream.suspects import Suspects
from jackfield.adapters.genesys.stream.switchboard import Switchboard
from jackfield.adapters.genesys.stream.tries import MOST, Tries, code_of
from jackfield.adapters.sockets import Socket, SocketClosed
from jackfield.domain.model.conversations.events import Failed, StreamEvent
from jackfield.domain.model.errors import JackfieldError
from jackfield.ports.clock import Clock

LOOK_S: Final = 0.25
"""How often a waiting thread looks at the clock: a clock under test wakes nobody."""
_STEP_S: Final = 0.1
_A_LITTLE: Final = timedelta(microseconds=1)
"""A `timedelta` rounds; who woke a hair too early would not sleep at all the next time."""
_AT_ONCE: Final = 100
"""Messages that are heard in a row, before it is asked whether everything is closed."""
SILENCE_S: Final = 75.0
"""A line that is silent for so long is taken for dead; heartbeats come every 30 s. Source: `wire.md` §7."""
_CONNECTING_S: Final = 10.0
_AT_LEAST_S: Final = 1.0
"""What a try may take however near a deadline is: of many lines one is always near."""
_MOST_GARBAGE: Final = 100
_EXPIRED: Final = "4401"
_SILENCE: Final = "silence"
_GARBAGE: Final = "garbage"


@define(eq=False)
class Pump:
    """What the thread of a switchboard does, while somebody listens and a minute longer."""

    board: Switchboard
    door: Door
    tries: Tries
    clock: Clock
    silence_s: float = SILENCE_S
    _heard_at: float = field(default=0.0, init=False)
    _garbage: int = field(default=0, init=False)
    _doubtful: bool = field(default=True, init=False)
    _suspects: Suspects = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._suspects = Suspects(self.board, self.clock)

    def run(self) -> None:
        """Hear until nobody listens, or everything is closed."""
        board = self.board
        board.ident = get_ident()
        try:
            while not self._is_done():
                self._step()
        except Exception as error:  # noqa: BLE001  # a traceback is nothing for those who listen: they hear of it
            logger.bind(error=type(error).__name__).error("the thread of the stream broke")
            self._part()
            self._fail_all("line", "the thread of the stream broke")
        if board.closing:
            self._fail_all("closed", "the core was closed")

    def _is_done(self) -> bool:
        """Say whether it is over; from then on who listens starts another thread."""
        with self.board.lock:
            done = self.board.is_done()
            left = self.board.part() if done else None
        if left is not None:
            left.close()
        return done

    def _part(self) -> None:
        with self.board.lock:
            left = self.board.part()
        if left is not None:
            left.close()

    def _step(self) -> None:
        board, now = self.board, self.clock.monotonic()
        if now >= board.roll.due:
            self._expire(now)
        while board.released:
            board.released.popleft().release()
        self._suspects.go_on()
        if board.socket is not None:
            self._hear(board.socket)
        elif self._is_needed():
            self._connect(now)

    def _expire(self, now: float) -> None:
        with self.board.lock:
            late = self.board.roll.expired(now)
        for line in late:
            line.fail("deadline", "no whole answer came in time")

    def _is_needed(self) -> bool:
        """Say whether a socket is needed; if not, wait a little."""
        with self.board.lock:
            if self.board.is_needed():
                return True
            if not self.board.closing:
                self.board.lock.wait(LOOK_S)
            return False

    def _hear(self, socket: Socket) -> None:
        """Hear some messages, or nothing for a moment; then there may be something else to do."""
        board, monotonic, receive = self.board, self.clock.monotonic, socket.receive
        try:
            for number in range(_AT_ONCE):
                now = monotonic()
                self._heard_at = now if number else self._heard_at
                left = board.roll.due - now
                if left <= 0 or board.released or board.closing or board.socket is not socket:
                    return
                self._heed(receive(min(LOOK_S, left)), socket)
        except TimeoutError:
            if monotonic() - self._heard_at >= self.silence_s:
                self._drop(socket, _SILENCE)
        except SocketClosed as closed:
            self._drop(socket, str(closed.code))
        except JackfieldError as error:  # the platform in this process has no store at the moment
            self._drop(socket, type(error).__name__)

    def _heed(self, message: str | bytes, socket: Socket) -> None:
        said = read(message)
        if self._doubtful and said is not Quiet.MALFORMED:
            self._doubtful, self._garbage = False, 0
            self.tries.heard()
        if isinstance(said, Quiet):
            self._note(said, socket)
            if said is Quiet.MALFORMED:
                self._doubt(owner(message))
            return
        line = self.board.roll.get(said[0])
        if line is None:
            self._pass_on(*said)
        else:
            line.take(said[1])

    def _note(self, quiet: Quiet, socket: Socket) -> None:
        """A server that sends nothing else than what nobody can read is no better than a silent one."""
        if quiet is not Quiet.HEARTBEAT:
            self.board.telling.odd(quiet.value)
        if quiet is Quiet.MALFORMED:
            self._doubtful = True
            self._garbage += 1
            if self._garbage > _MOST_GARBAGE:
                self._drop(socket, _GARBAGE)

    def _doubt(self, conversation: str) -> None:
        """What nobody could read may have been a piece: of whom it names, else of anybody."""
        named = self.board.roll.get(conversation)
        lines = [] if named is None else [named]
        for line in self.board.lines() if conversation == NOBODY else lines:
            line.garbled()

    def _pass_on(self, conversation: str, event: StreamEvent) -> None:
        """An error of nobody in particular is of the only conversation there is; the rest is nobody's."""
        line = self.board.roll.only()
        if line is not None and conversation == NOBODY and isinstance(event, Failed) and line.is_meant():
            line.take(event)
        else:
            self.board.telling.odd("stray")

    def _drop(self, socket: Socket, why: str) -> None:
        board = self.board
        with board.lock:
            if board.closing:
                return
            board.socket = None
        self._garbage, self._doubtful = 0, True
        socket.close()
        board.telling.dropped(why)
        if why == _EXPIRED:
            self.door.renew()
        given_up = self.tries.dropped(at_once=why == _EXPIRED)
        code = why if why in (_SILENCE, _GARBAGE) else "line"
        for line in board.lines():
            line.dropped(code)
        self._suspects.dropped(socket, why)
        if given_up:
            self._give_up(code, f"{MOST} sockets in a row were lost before anything came")

    def _connect(self, now: float) -> None:
        left = self.tries.left_s
        if left > 0:
            self.clock.sleep(timedelta(seconds=min(left, _STEP_S)) + _A_LITTLE)
            return
        ends = max(now + _AT_LEAST_S, min(now + _CONNECTING_S, self.board.roll.due))
        try:
            socket = self.door.open(ends)
        except JackfieldError as error:
            self._not_connected(error)
        else:
            self._connected(socket)

    def _connected(self, socket: Socket) -> None:
        board = self.board
        board.telling.connected("opened")
        with board.lock:
            board.socket = socket
            self._suspects.connected(socket)
            board.lock.notify_all()
        self._heard_at = self.clock.monotonic()
        self._suspects.go_on()

    def _not_connected(self, error: JackfieldError) -> None:
        self.board.telling.connected(type(error).__name__)
        if self.tries.failed(error):
            self._give_up(code_of(error), error.message)
        with self.board.lock:
            self.board.lock.notify_all()

    def _give_up(self, code: str, detail: str) -> None:
        with self.board.lock:
            self.board.wanted = False
        self._fail_all(code, detail)

    def _fail_all(self, code: str, detail: str) -> None:
        for line in self.board.lines():
            line.fail(code, detail)
