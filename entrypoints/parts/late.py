"""A part of a core that is loaded and composed when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from attrs import define, field

T = TypeVar("T")

Closing: TypeAlias = Callable[[], None]


def nothing() -> None:
    """There is nothing of it to close."""


@define(eq=False)
class Late(Generic[T]):
    """Composes a part once, whichever thread is first; closing closes what it was composed of, and only that.

    Composing opens nothing and begins no thread: it gives the part, and what closes it. One that fails is
    tried again by whoever asks next.
    """

    composing: Callable[[], tuple[T, Closing]] = field(repr=False)  # what it holds may be secret
    _made: tuple[T, Closing] | None = field(default=None, init=False, repr=False)
    _closed: bool = field(default=False, init=False)
    _locks: dict[int, Lock] = field(factory=dict[int, Lock], init=False, repr=False)
    """By process: of who composed it in the one that forked, nobody is in this one."""

    def __call__(self) -> T:
        """Return the part; of a core that is closed it is one that is closed."""
        return (self._made or self._composed())[0]

    @property
    def made(self) -> T | None:
        """The part, if anybody needed it so far."""
        return None if self._made is None else self._made[0]

    def close(self) -> None:
        """Close the part, if it was composed."""
        with self._lock:
            self._closed, made = True, self._made
        if made is not None:
            made[1]()

    def _composed(self) -> tuple[T, Closing]:
        with self._lock:
            if self._made is None:
                made = self.composing()
                if self._closed:
                    made[1]()
                self._made = made
            return self._made

    @property
    def _lock(self) -> Lock:
        return self._locks.setdefault(os.getpid(), Lock())


def later(stack: ExitStack, composing: Callable[[], tuple[T, Closing]]) -> Late[T]:
    """Return what composes a part when it is first needed; *stack* closes it, where it stands by now."""
    late = Late(composing)
    stack.callback(late.close)
    return late
