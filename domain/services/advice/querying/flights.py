"""One question a key at a time: whoever asks the same meanwhile waits for its answer, as long as he likes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown, QueueFull, Unavailable
from jackfield.domain.services.prompts.live.flights import Flight
from jackfield.ports.clock import Clock

T = TypeVar("T")

MOST: Final = 1_000
"""Questions under way at once, also those that nobody waits for any more and that do not end."""

_WORTH_S: Final = 0.05
"""Who has less time left than this does not ask again."""
_OVERDUE_S: Final = 0.5
"""One that is late by so much keeps nobody from asking in its place."""


@define(eq=False)
class Flights(Generic[T]):
    """Questions under way by key, each on a thread of its own, within the deadline of who asked first.

    So nobody waits longer than he likes, whatever hangs. What comes of it comes to all who wait. Only where
    it failed for want of time, and who waits has more of it, is the question asked anew: by one of those, and
    again the others wait for that.
    """

    clock: Clock
    _flights: dict[str, tuple[Flight[T], float]] = field(
        factory=dict[str, "tuple[Flight[T], float]"], init=False
    )
    _under_way: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def ask(
        self, key: str, call: Callable[[], T], ends: float, *, then: Callable[[], None]
    ) -> tuple[T, bool]:
        """Return the answer, and whether this call brought it; raise what keeps us from it.

        It is over when *ends* comes, in monotonic seconds; *call* sees to that itself. *then* is called when
        everybody has the answer.
        """
        while True:
            flight, until, mine = self._begun(key, call, ends, then)
            if not flight.landed(ends - self.clock.monotonic()):
                raise late()
            try:
                return flight.result(), mine
            except (Unavailable, OutcomeUnknown):
                if mine or not self._is_cut_short(until, ends):
                    raise

    def after_fork(self) -> None:
        """Nobody who asked, or held the lock, is in this process."""
        self._lock, self._under_way = Lock(), 0
        self._flights.clear()

    def _is_cut_short(self, until: float, ends: float) -> bool:
        now = self.clock.monotonic()
        return now >= until - _WORTH_S and ends - now > _WORTH_S

    def _begun(
        self, key: str, call: Callable[[], T], ends: float, then: Callable[[], None]
    ) -> tuple[Flight[T], float, bool]:
        """Return the flight under way, when it has to end, and False; or one that began here, and True."""
        mine: Flight[T] = Flight(self.clock.monotonic())
        try:
            with self._lock:
                found = self._flights.get(key)
                if found is not None and mine.began < found[1] + _OVERDUE_S:
                    return *found, False
                self._take_off()
                self._flights[key] = mine, ends
            self._start(key, mine, call, then)
        except BaseException:  # a signal: nobody is to wait for a flight that never began
            self._remove(key, mine)
            mine.land()
            raise
        return mine, ends, True

    def _take_off(self) -> None:
        if self._under_way >= MOST:
            raise QueueFull(f"{MOST} queries are under way", place="advice", remedy="try again in a moment")
        self._under_way += 1

    def _start(self, key: str, flight: Flight[T], call: Callable[[], T], then: Callable[[], None]) -> None:
        def work() -> None:
            try:
                flight.fly(lambda: self._called(key, flight, call))
                then()
            finally:
                with self._lock:
                    self._under_way -= 1

        try:
            Thread(target=work, name="jackfield-advice-query", daemon=True).start()
        except RuntimeError:  # no thread can be started: at exit, or over a limit
            work()

    def _called(self, key: str, flight: Flight[T], call: Callable[[], T]) -> T:
        """Who comes when it has an answer finds that kept, and whoever comes when it failed asks anew.

        A foreign error is no answer, and is not shown.
        """
        try:
            return call()
        except JackfieldError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, who waits hears of it
            kind = type(error).__name__
        finally:
            self._remove(key, flight)
        raise Unavailable(
            f"what came cannot be understood ({kind})",
            place="advice",
            remedy="look with 'jackfield doctor' at the platform, and at the plugins",
        )

    def _remove(self, key: str, flight: Flight[T]) -> None:
        with self._lock:
            found = self._flights.get(key)
            if found is not None and found[0] is flight:
                del self._flights[key]


def late() -> Unavailable:
    """Return what is raised to who waited as long as he liked."""
    return Unavailable(
        "no answer came within its deadline", place="advice", remedy="try again, or give it more time"
    )
