"""A buffer some of whose observations cannot be written at all, and who hears of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from jackfield.domain.services.rollouts.bells import Bells
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.domain.services.rollouts.portions import Portion


@define(eq=False)
class Picky:
    """Writes when it may, all that is given or nothing: negative numbers it refuses."""

    may: Event = field(factory=Event)
    refusal: Exception = field(factory=lambda: InvalidInput("it is negative", place="it", remedy="add to it"))
    written: list[int] = field(factory=list[int])
    told: Counter[str] = field(factory=Counter[str])
    tries: int = 0

    def write(self, batch: Sequence[int], lost: Mapping[str, int]) -> None:
        assert self.may.wait(10)
        self.tries += 1
        if any(each < 0 for each in batch):
            raise self.refusal
        self.written += batch
        self.told.update(lost)


@pytest.fixture
def picky() -> Picky:
    return Picky()


@pytest.fixture
def buffer(picky: Picky) -> Iterator[Buffer[int, str]]:
    buffer = Buffer[int, str](picky.write, lambda: None, lambda item: f"of {abs(item)}", lambda _: None)
    yield buffer
    picky.may.set()
    buffer.close()


def put(buffer: Buffer[int, str], *items: int) -> None:
    assert all(buffer.put(each) for each in items)


@pytest.mark.parametrize("refusal", [InvalidInput("no", place="it", remedy="mend it"), TypeError("no JSON")])
def test_what_cannot_be_written_is_lost_alone(
    picky: Picky, buffer: Buffer[int, str], refusal: Exception
) -> None:
    picky.refusal = refusal
    put(buffer, 1, 2, -3, 4, 5, -6, 7)
    picky.may.set()
    with pytest.raises(InvalidInput):
        buffer.flush(10)
    buffer.flush(10)
    assert (picky.written, picky.told, buffer.lost) == ([1, 2, 4, 5, 7], {"of 3": 1, "of 6": 1}, 0)


def test_one_in_a_whole_batch_is_found_by_halves(picky: Picky, buffer: Buffer[int, str]) -> None:
    put(buffer, *range(1_200), -1, *range(1_200, 1_999))
    picky.may.set()
    with pytest.raises(InvalidInput):
        buffer.flush(10)
    assert picky.written == list(range(1_999))
    assert picky.tries < 40


def test_closing_writes_the_others(picky: Picky, buffer: Buffer[int, str]) -> None:
    put(buffer, 1, -2, 3)
    picky.may.set()
    buffer.close()
    assert (picky.written, picky.told) == ([1, 3], {"of 2": 1})


def test_what_may_have_been_written_is_not_written_again(picky: Picky, buffer: Buffer[int, str]) -> None:
    picky.refusal = OutcomeUnknown("who knows")
    put(buffer, 1, -2, 3)
    picky.may.set()
    with pytest.raises(OutcomeUnknown):
        buffer.flush(10)
    buffer.flush(10)
    assert (picky.written, picky.told.total()) == ([], 3)


def test_who_waits_for_what_is_lost_hears_of_it_and_nobody_else(
    picky: Picky, buffer: Buffer[int, str]
) -> None:
    def told(item: int) -> JackfieldError | None:
        try:
            assert buffer.commit([item], 10)
        except JackfieldError as error:
            return error
        return None

    items = [number if number % 5 else -number - 1 for number in range(1, 41)]
    with ThreadPoolExecutor(len(items)) as threads:
        waiting = [threads.submit(told, each) for each in items]
        picky.may.set()
        errors = dict(zip(items, (each.result(10) for each in waiting), strict=True))
    assert {item for item, error in errors.items() if error is not None} == {
        each for each in items if each < 0
    }
    assert sorted(picky.written) == sorted(each for each in items if each > 0)


def test_one_that_is_lost_among_several_of_one_caller_is_told(picky: Picky, buffer: Buffer[int, str]) -> None:
    picky.may.set()
    with pytest.raises(InvalidInput, match="negative"):
        buffer.commit([1, -2, 3], 10)
    assert buffer.commit([4, 5], 10)
    assert picky.written == [1, 3, 4, 5]


def test_what_does_not_fit_is_not_waited_for(picky: Picky, buffer: Buffer[int, str]) -> None:
    buffer.most = 2
    assert (buffer.commit([1, 2, 3], 10), buffer.lost) == (False, 1)


def test_who_waits_does_not_wait_for_what_others_lose_meanwhile(
    picky: Picky, buffer: Buffer[int, str]
) -> None:
    begun, told, go_on = Event(), Event(), Event()

    def write(batch: Sequence[int], lost: Mapping[str, int]) -> None:
        begun.set()
        if lost:
            told.set()
            assert go_on.wait(10)
        picky.write(batch, lost)

    buffer.write, buffer.most = write, 1
    put(buffer, 1)
    with ThreadPoolExecutor(1) as threads:
        patient = threads.submit(buffer.flush, 10)
        while not buffer._bells:
            picky.may.wait(0.001)
        assert begun.wait(10)
        assert not buffer.put(2)
        picky.may.set()
        assert told.wait(10)
        patient.result(10)
        go_on.set()


def test_who_waits_for_losses_to_be_told_is_told_when_it_is_late(
    picky: Picky, buffer: Buffer[int, str]
) -> None:
    buffer.most = 0
    assert not buffer.put(1)
    with pytest.raises(Unavailable, match="in time"):
        buffer.flush(0.01)
    picky.may.set()
    buffer.flush(10)
    assert picky.told == {"of 1": 1}


def test_a_bell_waits_for_the_losses_that_there_were() -> None:
    bells = Bells()
    for since, until, losses in ((0, 1, 0), (0, 1, 2), (1, 2, 2)):
        bells.hang(since, until, losses)
    left = [len(bells)]
    for written, told in ((0, 0), (1, 1), (1, 2), (2, 2)):
        bells.ring(written, told)
        left.append(len(bells))
    assert left == [3, 3, 2, 1, 0]


_LINES = st.lists(st.integers(-1, 0), max_size=200)


@given(line=_LINES, most=st.integers(1, 40))
def test_all_but_what_is_refused_alone_is_taken_in_order(line: list[int], most: int) -> None:
    portion, waiting = Portion(most), list(enumerate(line))
    taken, refused = list[int](), list[int]()
    tries = 0
    while waiting:
        now, tries = waiting[: portion.size], tries + 1
        if any(kind < 0 for _, kind in now):
            portion.refused(len(now))
            if len(now) > 1:
                continue
            refused += [number for number, _ in now]
        else:
            portion.took(len(now))
            taken += [number for number, _ in now]
        del waiting[: len(now)]
    assert taken == [number for number, kind in enumerate(line) if kind == 0]
    assert refused == [number for number, kind in enumerate(line) if kind < 0]
    assert tries <= 2 * len(line) + 10


def test_once_all_is_well_it_is_as_much_as_usual_again() -> None:
    portion, sizes = Portion(8), list[int]()
    for number in (8, 4, 2, 1):
        portion.refused(number)
    while portion.is_small:
        sizes.append(portion.size)
        portion.took(portion.size)
    assert sizes == [1, 2, 4]
