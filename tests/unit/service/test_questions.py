"""What `/query` remembers of the bodies it read, and how much of it."""

from __future__ import annotations

from datetime import UTC, datetime
from sys import getsizeof

from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.entrypoints.service.questions import Asked, Questions, Written

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def _asked(transcript: str = "Hello") -> Asked:
    return Asked(AdviceQuery("c-1", transcript, "a-1"), "key")


def _kept(known: Questions, count: int) -> list[bytes]:
    bodies = [b"%d" % number for number in range(count)]
    for body in bodies:
        known.keep(body, _asked())
    return [body for body in bodies if known.get(body) is not None]


def test_the_oldest_is_forgotten_where_there_are_too_many() -> None:
    assert _kept(Questions(most=2), 4) == [b"2", b"3"]


def test_short_bodies_are_not_kept_without_end() -> None:
    assert len(_kept(Questions(), 5_000)) == 2_000


def test_what_was_read_of_a_body_counts_beside_its_bytes() -> None:
    known = Questions(most_bytes=100_000)
    for number in range(10):
        known.keep(b"%d" % number, _asked("x" * 30_000))
    assert len(known) == 3


def test_the_answer_that_was_written_counts_too() -> None:
    known, asked = Questions(most_bytes=100_000), _asked()
    known.keep(b"old", _asked())
    known.keep(b"new", asked)
    asked.written = Written(WHEN, (), b"x" * 98_500, None)
    known.keep(b"new", asked)
    assert (known.get(b"old"), known.get(b"new")) == (None, asked)


def test_the_ids_of_what_was_shown_count_too() -> None:
    bare, shown = (Written(WHEN, ids, b"[]", None) for ids in ((), ("x" * 500,)))
    assert shown.size() - bare.size() > 500


def test_one_that_takes_too_much_by_itself_is_not_kept() -> None:
    known = Questions(most_bytes=10_000)
    known.keep(b"large", _asked("x" * 20_000))
    assert (len(known), known.taken) == (0, 0)


def test_one_that_was_forgotten_meanwhile_is_counted_anew() -> None:
    known, asked = Questions(most=1), _asked()
    for body, kept in ((b"1", asked), (b"2", _asked()), (b"1", asked)):
        known.keep(body, kept)
    assert known.taken == getsizeof(b"1") + asked.size()


_SIZES = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5_000), st.integers(0, 5_000)), max_size=30)


@given(steps=_SIZES)
def test_what_is_counted_is_what_is_held(steps: list[tuple[int, int, int]]) -> None:
    known, latest = Questions(most=4, most_bytes=12_000), dict[bytes, Asked]()
    for name, said, written in steps:
        body = b"%d" % name
        asked = known.get(body) or _asked("x" * said)
        asked.written = Written(WHEN, (), b"x" * written, None)
        known.keep(body, asked)
        latest[body] = asked
    held = {body: asked for body, asked in latest.items() if known.get(body) is asked}
    assert known.taken == sum(getsizeof(body) + asked.size() for body, asked in held.items())
    assert known.taken <= 12_000
    assert len(known) == len(held) <= 4


def test_bytes_are_repeated_from_their_second_time_on() -> None:
    known = Questions()
    assert [known.is_repeated(body) for body in (b"1", b"2", b"1", b"1")] == [False, False, True, True]


def test_bytes_that_come_once_are_not_remembered_without_end() -> None:
    known = Questions(most=3)
    assert [known.is_repeated(b"%d" % number) for number in (1, 2, 3, 4, 1)] == [False] * 5
