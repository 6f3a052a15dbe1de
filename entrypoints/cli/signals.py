"""SIGTERM ends the command as Ctrl-C does; work on many pieces ends behind the piece that it is at."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, TypeAlias

from attrs import define, field

STOPS: Final = (signal.SIGINT, signal.SIGTERM)
"""Their exit codes are 130 and 143, as a shell has them."""

Handler: TypeAlias = Callable[[int, FrameType | None], object]

_SHELL: Final = 128
_ENDING: Final = "\nending behind the {} that is under way; once more to end at once\n"


@define
class Stop:
    """Whether somebody asked for an end, and by which signal."""

    number: int | None = field(default=None, init=False)

    def __call__(self) -> bool:
        """Say whether an end was asked for."""
        return self.number is not None

    @property
    def exit_code(self) -> int:
        """The exit code that tells of the signal; 0 if there was none."""
        return 0 if self.number is None else _SHELL + self.number


@contextmanager
def terminable() -> Generator[Stop]:
    """Raise `KeyboardInterrupt` at SIGTERM while the block lasts, and keep that it was one."""
    stop = Stop()

    def interrupt(number: int, _: FrameType | None) -> None:
        stop.number = number
        raise KeyboardInterrupt

    with _handling((signal.SIGTERM,), interrupt):
        yield stop


@contextmanager
def stoppable(piece: str = "prompt") -> Generator[Stop]:
    """Take the first signal as a wish to end behind a *piece*; at the second, do what was done before."""
    stop = Stop()
    before = {number: signal.getsignal(number) for number in STOPS}

    def ask(number: int, _: FrameType | None) -> None:
        stop.number = number
        for each, handler in before.items():
            signal.signal(each, handler)
        with suppress(OSError):  # nobody reads any more, and what is under way is still finished
            os.write(2, _ENDING.format(piece).encode())  # a print may be under way

    with _handling(STOPS, ask):
        yield stop


@contextmanager
def _handling(numbers: tuple[signal.Signals, ...], handler: Handler) -> Generator[None]:
    """Set handlers in the main thread, where Python calls them; what ignores a signal goes on ignoring it."""
    before = dict[signal.Signals, Handler | int | None]()
    if threading.current_thread() is threading.main_thread():
        before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
