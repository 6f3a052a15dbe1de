"""Ctrl-C while the command is still being loaded, when nothing is under way: it ends at once, in one line."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130


def starts() -> None:
    """Let Ctrl-C end the process, until the command has `begun`; who ignores it goes on ignoring it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        try:
            signal.signal(signal.SIGINT, _leave)
        except ValueError:  # a program calls it on another thread, and Ctrl-C is that program's
            return


def begun() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` again: from now on somebody catches it."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """An exception might be swallowed in the middle of an import, and be shown with its traceback."""
    try:
        os.write(2, b"interrupted\n")
    finally:
        os._exit(_INTERRUPTED)
