"""Standard output and error that may break: what is under way goes on, and the trouble is told at the end."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

from attrs import define

from jackfield.plugins.printing import is_foreign

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD: Final = (0, 1, 2)


@define
class Output:
    """How it went with standard output.

    `trouble` is why a write failed, after which nothing more was written. `done` is set by a command that
    changed all that it was asked to change; `told` once an error was told. `became` says what became of what
    was asked, and what to do, where the usual words would not be true.
    """

    trouble: OSError | None = None
    done: bool = False
    told: bool = False
    became: str | None = None

    @property
    def is_unread(self) -> bool:
        """Whether the reader left, as `head` does, which is no error of the output."""
        return isinstance(self.trouble, BrokenPipeError)


class Outlet(RawIOBase):
    """Passes bytes on until some cannot be written; keeps that error, and lets go of the rest.

    So neither a full disk nor a reader that left ends a command between two changes.
    """

    def __init__(self, raw: RawIOBase, output: Output) -> None:
        super().__init__()
        self._raw = raw
        self._output = output

    def writable(self) -> bool:
        """Say that it is for writing."""
        return True

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self._raw.isatty()

    def fileno(self) -> int:
        """Return the descriptor behind it."""
        return self._raw.fileno()

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written; return how much need not be written again."""
        if self._output.trouble is None:
            try:
                return self._written(data)
            except OSError as error:
                self._output.trouble = error
        return memoryview(data).nbytes

    def _written(self, data: ReadableBuffer) -> int:
        """Wait where a pipe is full that somebody else made non-blocking."""
        while (count := self._raw.write(data)) is None:
            select.select((), (self.fileno(),), ())
        return count


class Answer(TextIOWrapper):
    """Standard output, for the command's answer alone: what a plugin prints goes to standard error."""

    def write(self, text: str, /) -> int:
        """Write *text*, or let standard error have it."""
        return sys.stderr.write(text) if is_foreign() else super().write(text)


@contextmanager
def lasting() -> Generator[Output]:
    """Let no print of the block fail; yield how it goes with standard output."""
    _occupy()
    before, output = (sys.stdout, sys.stderr), Output()
    ours = (_through(sys.stdout, output, Answer), _through(sys.stderr, Output(), TextIOWrapper))
    sys.stdout, sys.stderr = ours
    try:
        yield output
    finally:
        for stream in ours:
            with suppress(ValueError):  # a plugin closed it
                stream.flush()
        sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Put the null device where the shell's `>&-` left nothing.

    Else the next file that is opened, such as a ledger, would be standard error, and be written into.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free


def _through(stream: TextIO | None, output: Output, kind: type[TextIOWrapper]) -> TextIO:
    """Return a stream like *stream* that writes through an outlet; one that is no file is left as it is."""
    if stream is None:  # it was closed when Python started
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # for the process
    raw = _raw(stream)
    if raw is None or not isinstance(stream, TextIOWrapper):
        return stream
    stream.flush()
    return kind(
        BufferedWriter(Outlet(raw, output)),
        encoding=stream.encoding,
        errors="backslashreplace",  # what a terminal's encoding lacks is written as an escape
        line_buffering=stream.line_buffering or stream.write_through,
    )


def _raw(stream: TextIO) -> RawIOBase | None:
    buffer: object = getattr(stream, "buffer", None)
    raw: object = getattr(buffer, "raw", buffer)
    return raw if isinstance(raw, RawIOBase) else None
