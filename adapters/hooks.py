"""Making the hooks of a converter where no signal strikes.

cattrs notes by thread which classes it makes hooks for. A signal that raises in the middle, as Ctrl-C does,
may leave a class in that note: the thread then takes it for one that contains itself, and never reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread, current_thread, main_thread
from typing import TypeVar

T = TypeVar("T")


def apart(make: Callable[[], T]) -> T:
    """Return what *make* makes: on a thread of its own, for signals strike the main thread alone.

    What was interrupted is made once more by whoever needs it next.
    """
    if current_thread() is not main_thread():
        return make()
    made = Future[T]()
    thread = Thread(target=_fill, args=(made, make), name="jackfield-hooks", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started: at exit, or over a limit
        return make()
    return made.result()


def _fill(made: Future[T], make: Callable[[], T]) -> None:
    try:
        made.set_result(make())
    except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
        made.set_exception(error)
