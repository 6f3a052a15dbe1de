"""Making the hooks of a converter where no signal strikes.

cattrs notes by thread which classes it makes hooks for. A signal that raises in the middle, as Ctrl-C does,
may leave a class in that note: the thread then takes it for one that contains itself, and never reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T")


def apart(make: Callable[[], T]) -> T:
    """Return what *make* makes: on a thread of its own, for signals strike the main thread alone.

    What was interrupted is made once more by whoever needs it next.
    """
    if current_thread() is not main_thread():
        return make()
    made = _Made(make)
    thread = Thread(target=made.fill, name="jackfield-hooks", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started: at exit, or over a limit
        return make()
    thread.join()
    return made.taken()


@define(eq=False)
class _Made(Generic[T]):
    """What another thread makes; a `Future` would load all of `logging` for it."""

    make: Callable[[], T]
    _things: list[T] = field(factory=list[T], init=False)
    _error: BaseException | None = field(default=None, init=False)

    def fill(self) -> None:
        """Make it here."""
        try:
            self._things.append(self.make())
        except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
            self._error = error

    def taken(self) -> T:
        """Return it, or raise what was raised."""
        if self._error is not None:
            raise self._error
        return self._things[0]
