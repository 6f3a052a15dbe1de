"""Counts that callers who come at once share: begun behind each one's coming, and never more than two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from attrs import define, field

from jackfield.adapters.genesys.counting import Counting
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import Unavailable
from tests.unit.genesys.answering import answers, client
from tests.unit.genesys.conversing import ENDS, one, page

T = TypeVar("T")
MANY = 12
LONG = 30.0
KEY = "bot-1"


class Waiting(threading.Condition):
    """A condition that tells when somebody has joined."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = threading.Semaphore(0)

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Tell, and wait."""
        self.joined.release()
        return super().wait_for(predicate, timeout)

    def expect(self, many: int) -> None:
        """Wait until so many have joined."""
        for _ in range(many):
            assert self.joined.acquire(timeout=LONG)


@define(eq=False)
class Reader:
    """Reads that begin when they are called, and end when they may; each finds the number of its call."""

    begun: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    may_end: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    failing: set[int] = field(factory=set[int])
    calls: int = 0

    def __call__(self) -> int:
        """Read."""
        self.calls += 1
        number = self.calls
        self.begun.release()
        assert self.may_end.acquire(timeout=LONG)
        if number in self.failing:
            raise Unavailable("the platform is away")
        return number


@define(eq=False)
class Place:
    """A shared count, and threads that want it."""

    pool: ThreadPoolExecutor
    changed: Waiting = field(factory=Waiting)
    reader: Reader = field(factory=Reader)
    counting: Counting = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.counting = Counting(self.changed)

    def come(self, many: int = 1, key: object = KEY, seconds: float = LONG) -> list[Future[int]]:
        """Let so many want it, and return when each of them has joined a reading."""
        came = [
            self.pool.submit(self.counting.count, key, self.reader, seconds=lambda: seconds)
            for _ in range(many)
        ]
        self.changed.expect(many)
        return came

    def has_begun(self) -> None:
        """Wait until one more reading is under way."""
        assert self.reader.begun.acquire(timeout=LONG)


@pytest.fixture
def place() -> Any:
    with ThreadPoolExecutor(2 * MANY) as pool:
        yield Place(pool)


def results(came: list[Future[int]]) -> list[int]:
    return [each.result(LONG) for each in came]


def test_who_comes_while_it_is_read_shares_the_next_reading_and_never_the_running_one(place: Place) -> None:
    first = place.come()
    place.has_begun()
    others = place.come(MANY)
    place.reader.may_end.release(2)
    assert (results(first), results(others)) == ([1], [2] * MANY)
    assert place.reader.calls == 2


def test_who_comes_alone_reads_alone(place: Place) -> None:
    place.reader.may_end.release(2)
    assert (results(place.come()), results(place.come())) == ([1], [2])


def test_other_lists_are_read_meanwhile(place: Place) -> None:
    first = place.come()
    place.has_begun()
    other = place.come(key="another bot")
    place.has_begun()
    place.reader.may_end.release(2)
    assert sorted([*results(first), *results(other)]) == [1, 2]


def test_a_reading_that_fails_is_raised_to_who_made_it_and_the_others_read_alone(place: Place) -> None:
    place.reader.failing = {1, 2}
    first = place.come()
    place.has_begun()
    others = place.come(MANY)
    place.reader.may_end.release(MANY + 1)
    with pytest.raises(Unavailable, match="away"):
        first[0].result(LONG)
    errors = [each.exception(LONG) for each in others]
    assert (sum(each is not None for each in errors), place.reader.calls) == (1, MANY + 1)


def test_who_has_waited_for_a_third_of_his_time_reads_alone(place: Place) -> None:
    first = place.come()
    place.has_begun()
    (early,) = place.come(seconds=0.01)
    place.has_begun()
    others = place.come()
    place.reader.may_end.release(3)
    assert {*results(first), early.result(LONG)} == {1, 2}
    assert (results(others), place.reader.calls) == ([3], 3)


def test_a_reading_that_hangs_fails_nobody_else(place: Place) -> None:
    hangs = threading.Event()

    def hanging() -> int:
        place.reader.begun.release()
        assert hangs.wait(LONG)
        return 0

    first = place.pool.submit(place.counting.count, KEY, hanging, seconds=lambda: LONG)
    place.changed.expect(1)
    place.has_begun()
    place.reader.may_end.release(MANY)
    found = results(place.come(MANY, seconds=0.01))
    hangs.set()
    assert (sorted(found), first.result(LONG)) == ([*range(1, MANY + 1)], 0)


def test_many_starts_at_once_read_a_long_list_at_most_twice_and_each_its_own_total() -> None:
    """People have 3,000 conversations: 32 calls a reading."""
    changed, pages, began, may_go = Waiting(), list[str](), threading.Event(), threading.Event()
    full = answers(page(*(one(n, routing={"queueId": "q"}) for n in range(100)), total=3_000))

    def send(request: Request) -> Response:
        if "pageSize=100" in request.url:
            pages.append(request.url)
            began.set()
            assert may_go.wait(LONG)
        number = request.url.partition("pageNumber=")[2].partition("&")[0]
        return Response(
            status=200, body=full(request).body.replace(b'"pageNumber":1', b'"pageNumber":' + number.encode())
        )

    gateway = GenesysSessions(client(send), Counting(changed))

    def count() -> int:
        return gateway.count_active("bot-1", enough=5, most=5, ends=ENDS)

    with ThreadPoolExecutor(MANY + 1) as pool:
        came = [pool.submit(count)]
        assert began.wait(LONG)
        came += [pool.submit(count) for _ in range(MANY)]
        changed.expect(MANY + 1)
        may_go.set()
        assert {each.result(LONG) for each in came} == {0}
    readings, totals = len(pages), len(full.requests) - len(pages)
    assert (readings, totals) == (2 * 31, MANY + 1)
