"""An answer that comes in pieces, for whoever waits for them: a thread, or an event loop.

The gateway's one thread puts pieces in; the caller takes them out. What waits in between is bounded: when it
is full the line is paused, and goes on when half of it was taken. So a slow caller holds up nobody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Condition, Lock
from types import TracebackType
from typing import Final, Self

from attrs import define, field

from jackfield.domain.model.conversations.answers import Answer, End
from jackfield.domain.model.conversations.events import StreamEvent
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.ports.assistants import Line
from jackfield.ports.clock import Clock

MOST_WAITING: Final = 256
"""Pieces that wait for the caller, above which the line is paused."""
LOOK_SECONDS: Final = 0.25
"""How often a waiting caller looks at the clock: a clock under test wakes nobody."""
_GRACE_SECONDS: Final = 1.0
"""How much later than the gateway, which ends an answer at its deadline, a waiting caller does so."""


@define(eq=False)
class Reply:
    """One answer while it comes: iterate over its pieces, then look at `answer`.

    Use it in a `with`: leaving it early cancels. It is safe for threads, one of which takes the pieces.
    `compose` makes the answer when it has ended, `settle` records it: each until it worked once, by whoever
    takes the end. `ends` is its deadline, in the clock's monotonic seconds.
    """

    clock: Clock
    assembler: Assembler
    compose: Callable[[Reply], Answer] = field(repr=False)
    settle: Callable[[Answer], None] = field(repr=False)
    began: float
    ends: float
    _line: Line | None = field(default=None, init=False, repr=False)
    _waiting: deque[str] = field(factory=deque[str], init=False, repr=False)
    _change: Condition = field(factory=Condition, init=False, repr=False)
    _wake: Callable[[], None] | None = field(default=None, init=False, repr=False)
    _composing: Lock = field(factory=Lock, init=False, repr=False)
    _settling: Lock = field(factory=Lock, init=False, repr=False)
    _paused: bool = field(default=False, init=False)
    _unwanted: bool = field(default=False, init=False)
    _read: bool = field(default=False, init=False, repr=False)
    _outcome: Answer | None = field(default=None, init=False, repr=False)
    _recorded: bool = field(default=False, init=False)
    first_piece: timedelta | None = field(default=None, init=False)
    took: timedelta | None = field(default=None, init=False)

    def attach(self, line: Line) -> None:
        """Take the line that pieces come from; they may have come already."""
        with self._change:
            self._line = line
        self._steer(line)

    def hear(self, event: StreamEvent) -> None:
        """Take what the stream brought; on the gateway's thread. Never raises: what goes wrong is its end."""
        try:
            self._heard(event)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not end the thread of all answers
            self.finish(End.BROKEN, f"listener: {type(error).__name__}")

    def _heard(self, event: StreamEvent) -> None:
        with self._change:
            taken = self.assembler.feed(event)
            if taken:
                self._put(taken)
            ended = self._ended()
            news = bool(taken) or ended
            self._paused = self._paused or len(self._waiting) >= MOST_WAITING
            line, wake = self._line, self._wake
            if news:
                self._change.notify_all()
        if line is not None:
            self._steer(line)
        if news:
            _call(wake)

    def _put(self, taken: str) -> None:
        if self.first_piece is None:
            self.first_piece = self._since()
        if not self._unwanted:
            self._waiting.append(taken)

    def _ended(self) -> bool:
        if self.assembler.end is None:
            return False
        if self.took is None:
            self.took = self._since()
        return True

    def _since(self) -> timedelta:
        return timedelta(seconds=self.clock.monotonic() - self.began)

    def _steer(self, line: Line) -> None:
        """Close, pause or resume the line as it now must be; on the gateway's thread, or before it comes."""
        with self._change:
            over, paused = self.assembler.end is not None, self._paused
            again = self.assembler.wants_replay()
        if over:
            line.close()
        elif paused:
            line.pause()
            self._go_on_if_taken(line)
        elif again:
            line.resume()

    def _go_on_if_taken(self, line: Line) -> None:
        """Whoever took the pieces may have resumed the line just before it was paused."""
        with self._change:
            paused = self._paused
        if not paused:
            line.resume()

    def take(self) -> str | None:
        """Return the next piece that waits, or None; never wait for one."""
        with self._change:
            piece = self._waiting.popleft() if self._waiting else None
        if self._paused:
            self._go_on()
        return piece

    def _go_on(self) -> None:
        """Let more come when there is room; the line is never called under our lock, for it may call us."""
        with self._change:
            go_on = self._paused and len(self._waiting) <= MOST_WAITING // 2 and self.assembler.end is None
            self._paused = self._paused and not go_on
            line = self._line
        if go_on and line is not None:
            line.resume()

    @property
    def done(self) -> bool:
        """Whether the answer has ended and every piece was taken."""
        with self._change:
            return self.assembler.end is not None and not self._waiting

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Have *wake* called whenever a piece or the end is there, on another thread; it must not block.

        What it raises there is lost. `jackfield.aio` listens so; `take` and `done` then tell what there is.
        """
        with self._change:
            self._wake = wake
        wake()

    def cancel(self) -> None:
        """End it now, from any thread; what came so far stays. An answer that has ended stays as it is."""
        self.finish(End.CANCELED, "the caller needs it no more")

    def finish(self, end: End, detail: str) -> None:
        """End it for a reason; one that has ended stays as it is."""
        with self._change:
            self.assembler.finish(end, detail)
            self._ended()
            line, wake = self._line, self._wake
            self._change.notify_all()
        if line is not None:
            line.close()
        _call(wake)

    def __iter__(self) -> Iterator[str]:
        with self.reading():
            while True:
                piece = self.take()
                if piece is not None:
                    yield piece
                elif self.done:
                    _ = self.answer
                    return
                else:
                    self._wait()

    @contextmanager
    def reading(self) -> Generator[None]:
        """Be the one who takes the pieces while the block lasts; raise `InvalidInput` if somebody does."""
        with self._change:
            taken, self._read = self._read, True
        if taken:
            raise InvalidInput(
                "somebody takes its pieces already, and each comes once",
                place="reply",
                remedy="iterate over it, or over aio.pieces(reply), in one place, and hand its pieces on",
            )
        try:
            yield
        finally:
            with self._change:
                self._read = False

    def _wait(self) -> None:
        with self._change:
            if not self._waiting and self.assembler.end is None:
                self._change.wait(LOOK_SECONDS)
        self.lapse()

    def lapse(self) -> None:
        """End it if its deadline passed a while ago, and nothing ended it; who waits asks now and then."""
        if self.is_late:
            self.finish(End.BROKEN, "deadline: nothing ended it in time")

    @property
    def is_late(self) -> bool:
        """Whether its deadline passed a while ago, ended or not."""
        return self.clock.monotonic() > self.ends + _GRACE_SECONDS

    @property
    def outcome(self) -> Answer:
        """The answer, when it has ended; waits for that. It needs no ledger: `answer` records it.

        Who asks before the end takes no more pieces: those that wait are dropped, and no more are given (the
        text has them all).
        """
        while not self._is_over():
            self._wait()
        with self._composing:
            if self._outcome is None:
                self._outcome = self.compose(self)
            return self._outcome

    @property
    def answer(self) -> Answer:
        """The `outcome`, recorded: when it is first asked for, or its pieces end, or the core closes.

        Raises what keeps it from being recorded; asking again tries again, and `outcome` is there meanwhile.
        """
        outcome = self.outcome
        with self._settling:
            if not self._recorded:
                self.settle(outcome)
                self._recorded = True
        return outcome

    def _is_over(self) -> bool:
        """Say whether it has ended; whoever asks takes no more pieces, and a full buffer must not stop it."""
        with self._change:
            over = self.assembler.end is not None
            if not over:
                self._unwanted = True
                self._waiting.clear()
        if not over:
            self._go_on()
        return over

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()
        try:
            _ = self.answer
        except JackfieldError as unrecorded:
            if error is None:
                raise
            error.add_note(f"its answer could not be recorded: {unrecorded}")


def _call(wake: Callable[[], None] | None) -> None:
    if wake is not None:
        with suppress(Exception):  # a subscriber's: it must not end the thread of all answers
            wake()
