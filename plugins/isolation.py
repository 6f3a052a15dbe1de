"""Calling what others wrote so that it harms nobody: on a thread of its own, for a limited time."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import frozen

T = TypeVar("T")

HANGS: Final = "hangs"
JUNK: Final = "junk"
_LONGEST: Final = 80

_NAME: Final[Callable[[type], str]] = vars(type)["__name__"].__get__
_TRACE: Final[Callable[[BaseException], TracebackType | None]] = vars(BaseException)["__traceback__"].__get__
"""What the interpreter keeps, whatever properties of these names a class has."""


class Junk(Exception):
    """What a plugin returned is not what its hook promises; the text is ours."""


@frozen
class Answered(Generic[T]):
    """A call that returned."""

    value: T


@frozen(kw_only=True)
class Failure:
    """A call that gave nothing: the kind of error and where it arose, never its text.

    The text may hold a secret or a customer's words; `detail` is ours. `frames` are places in source files.
    """

    kind: str
    detail: str = ""
    frames: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind == HANGS:
            return f"does not end ({self.detail})"
        if self.kind == JUNK:
            return self.detail
        return f"raised {self.kind}" + (f" at {self.frames[-1]}" if self.frames else "")


Outcome: TypeAlias = Answered[T] | Failure


def failure_of(error: BaseException) -> Failure:
    """Return what may be said of an error that a plugin raised. Nothing of it is run: this never raises."""
    if type(error) is Junk:  # isinstance asks the error for its class
        return Failure(kind=JUNK, detail=str(error))
    kind = _NAME(type(error))
    kind = kind if kind.isidentifier() and len(kind) <= _LONGEST else "an error"
    return Failure(kind=kind, frames=tuple(_frames(_TRACE(error))))


def _frames(trace: TracebackType | None) -> Iterator[str]:
    """The places of a traceback, without values and without source lines."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__:
            yield f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next


def within(limit: timedelta, function: Callable[[], T], *, name: str) -> Outcome[T]:
    """Call *function* on a thread named *name*; one that does not end is left behind.

    Ctrl-C reaches the waiting caller. The thread does not keep the process from ending.
    """
    outcomes = list[Outcome[T]]()
    ended = threading.Event()

    def call() -> None:
        outcomes.append(called(function))
        ended.set()

    context = contextvars.copy_context()
    try:
        threading.Thread(target=context.run, args=(call,), name=name, daemon=True).start()
    except RuntimeError as error:  # the process may start no more threads
        return failure_of(error)
    if ended.wait(limit.total_seconds()):
        return outcomes[0]
    return Failure(kind=HANGS, detail=f"given up after {limit.total_seconds():g} s")


def called(function: Callable[[], T]) -> Outcome[T]:
    """Call *function* on this thread, for as long as it takes."""
    try:
        return Answered(function())
    except BaseException as error:  # noqa: BLE001  # also SystemExit: it is a plugin's, not the user's
        return failure_of(error)
