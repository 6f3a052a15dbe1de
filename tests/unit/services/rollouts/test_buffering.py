"""A buffer whose observations many threads wait for at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest
from attrs import define, field

from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.rollouts import bells, buffering
from jackfield.domain.services.rollouts.buffering import Buffer

_THREADS = 8


@define(eq=False)
class Slow:
    """Writes when it may, and remembers what; the first time it may fail."""

    may: Event = field(factory=Event)
    fails: bool = False
    written: list[int] = field(factory=list[int])

    def write(self, batch: Sequence[int], lost: Mapping[int, int]) -> None:
        del lost
        assert self.may.wait(10)
        if self.fails:
            raise Unavailable("it is away", place="ledger", remedy="wait")
        self.written += batch


def _buffer(slow: Slow) -> Buffer[int, int]:
    return Buffer(write=slow.write, idle=lambda: None, key=lambda item: item, count=lambda _: None)


def _told(buffer: Buffer[int, int], *items: int) -> None:
    for item in items:
        buffer.put(item)
        buffer.flush(10)


def test_who_waits_looks_at_the_clock_twice_however_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[float]()

    def look() -> float:
        looks.append(monotonic())
        return looks[-1]

    monkeypatch.setattr(bells, "monotonic", look)
    slow = Slow()
    buffer = _buffer(slow)
    with ThreadPoolExecutor(_THREADS) as threads:
        waiting = [threads.submit(_told, buffer, number) for number in range(_THREADS)]
        slow.may.wait(0.1)  # time to wake one another, if they do
        slow.may.set()
        for each in waiting:
            each.result()
    buffer.close()
    assert (sorted(slow.written), len(looks)) == (list(range(_THREADS)), 2 * _THREADS)


def test_nobody_goes_on_before_the_own_observation_is_written() -> None:
    slow = Slow()
    buffer = _buffer(slow)

    def told(number: int) -> bool:
        _told(buffer, number)
        return number in slow.written

    slow.may.set()
    with ThreadPoolExecutor(_THREADS) as threads:
        assert all(threads.map(told, range(40 * _THREADS)))
    buffer.close()


def test_everybody_who_waits_hears_that_writing_failed() -> None:
    slow = Slow(fails=True)
    buffer = _buffer(slow)
    with ThreadPoolExecutor(_THREADS) as threads:
        waiting = [threads.submit(_told, buffer, number) for number in range(_THREADS)]
        slow.may.set()
        assert all(isinstance(each.exception(), Unavailable) for each in waiting)
    slow.fails = False
    buffer.flush(10)
    buffer.close()
    assert sorted(slow.written) == list(range(_THREADS))


def test_who_does_not_wait_to_the_end_is_told_and_nobody_else() -> None:
    slow = Slow()
    buffer = _buffer(slow)
    with ThreadPoolExecutor(1) as threads:
        patient = threads.submit(_told, buffer, 1)
        buffer.put(2)
        with pytest.raises(Unavailable, match="in time"):
            buffer.flush(0.01)
        slow.may.set()
        patient.result()
    buffer.close()
    assert sorted(slow.written) == [1, 2]


def test_who_waited_together_shares_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffering, "GATHER_SECONDS", 30)
    slow, sizes, begun = Slow(), list[int](), Event()
    buffer = _buffer(slow)

    def write(batch: Sequence[int], lost: Mapping[int, int]) -> None:
        begun.set()
        slow.write(batch, lost)
        sizes.append(len(batch))

    buffer.write = write
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(_told, buffer, 1, 2)
        begun.wait(10)
        others = [threads.submit(_told, buffer, number) for number in (3, 4, 5)]
        while len(buffer._bells) < 4:
            sleep(0.001)
        slow.may.set()
        for each in (first, *others):
            each.result(timeout=10)
    buffer.close()
    assert sizes == [1, 4]
