"""One call a key at a time: whoever asks meanwhile waits for it, or does not, and gets what it gets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import Unavailable

T = TypeVar("T")

MOST_LEFT: Final = 16
"""How many calls that do not come back are given up; then no more threads are begun in their places."""


@define(eq=False)
class Flight(Generic[T]):
    """A call under way, since *began*; it goes on when nobody waits for it any more.

    A bare lock is the gate: a signal between two steps of an `Event` would leave the lock in it held.
    """

    began: float
    _gate: Lock = field(factory=Lock, init=False)
    _landed: bool = field(default=False, init=False)
    _result: T | None = field(default=None, init=False)
    _error: Exception | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._gate.acquire()
        self._error = Unavailable("the look was interrupted", remedy="try again")

    def fly(self, call: Callable[[], T]) -> None:
        """Make the call, and wake whoever waits, whatever comes of it."""
        try:
            self._result = call()
            self._error = None
        except Exception as error:  # noqa: BLE001  # it is raised by each that waits
            self._error = error
        finally:
            self.land()

    def land(self) -> None:
        """Wake whoever waits; landing twice is fine."""
        if not self._landed:
            self._landed = True
            with suppress(RuntimeError):  # another thread was between the same two steps
                self._gate.release()

    def landed(self, timeout: float = 0.0) -> bool:
        """Wait at most *timeout* seconds, and say whether it has ended."""
        if not self._landed and self._gate.acquire(timeout=max(0.0, timeout)):
            with suppress(RuntimeError):
                self._gate.release()
        return self._landed

    def result(self) -> T:
        """Return what came of it, or raise its error: to each who waited a copy of his own."""
        if self._error is not None:
            raise copy(self._error) from self._error
        return self._result  # type: ignore[return-value]  # it has landed


@define(eq=False)
class SingleFlight(Generic[T]):
    """Flights by key: on a thread of its own, so that a slow one keeps nobody longer than he likes, or here.

    One that is *longest* seconds old is given up, and the next who asks begins another. A new thread takes
    many times what a look into the ledger takes.
    """

    longest: float
    _flights: dict[str, Flight[T]] = field(factory=dict[str, "Flight[T]"], init=False)
    _left: list[Flight[T]] = field(factory=list["Flight[T]"], init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def join(self, key: str, call: Callable[[], T], *, now: float, here: bool) -> tuple[Flight[T], bool]:
        """Return the flight of *key*, and whether it begins by this; *here* is on the caller's thread."""
        mine = Flight[T](now)
        try:
            with self._lock:
                flight = self._flights.get(key)
                if flight is not None and not self._is_over(flight, now):
                    return flight, False
                self._flights[key] = mine
            self._start(key, mine, call, here=here)
        except BaseException:  # a signal: nobody is to wait for a flight that never began
            self._ended(key, mine)
            raise
        return mine, True

    def leave(self, key: str) -> None:
        """Let the next one begin a flight of his own: what is under way may be out of date."""
        with self._lock:
            self._flights.pop(key, None)

    def _is_over(self, flight: Flight[T], now: float) -> bool:
        """Whether another may begin in its place: it has landed, or takes too long and few others do."""
        if flight.landed():
            return True
        if now - flight.began < self.longest:
            return False
        self._left = [each for each in self._left if not each.landed()]
        if len(self._left) >= MOST_LEFT:
            return False
        self._left.append(flight)
        return True

    def _start(self, key: str, flight: Flight[T], call: Callable[[], T], *, here: bool) -> None:
        def ending() -> T:
            try:
                return call()
            finally:
                self._remove(key, flight)

        def work() -> None:
            flight.fly(ending)

        try:
            if not here:
                Thread(target=work, name="jackfield-look", daemon=True).start()
                return
        except RuntimeError:  # no thread can be started: at exit, or over a limit
            pass
        work()

    def _ended(self, key: str, flight: Flight[T]) -> None:
        self._remove(key, flight)
        flight.land()

    def _remove(self, key: str, flight: Flight[T]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
