"""Answers as bytes: what was written is read, and whatever else stands there is nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.sifting import Rejected, Rejection, Sieve, Sifted, sift
from jackfield.domain.model.canonical import digest
from jackfield.domain.services.advice.keeping.answers import Answer, decode, encode
from tests.unit.services.advice.conftest import ACME

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIEVE = Sieve(relevance=0.5)
KEY = "k" * 64
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
ITEMS = st.builds(
    Item,
    id=TEXTS,
    title=TEXTS,
    content=TEXTS,
    relevance=st.floats(0, 1) | st.integers(0, 1),
    published=st.timedeltas(-timedelta(days=9), timedelta(days=9)).map(lambda age: NOW - age),
    source=TEXTS,
)


def answer(items: list[Item], unusable: tuple[str | None, ...] = ()) -> Answer:
    found = sift(SIEVE, items, now=NOW)
    odd = tuple(Rejected(id=each, reason=Rejection.UNUSABLE, detail="odd") for each in unusable)
    sifted = Sifted(accepted=found.accepted, rejected=(*found.rejected, *odd), until=found.until)
    return Answer(sifted=sifted, asked=NOW, bases=("kb-1", "kb-2"))


@given(st.lists(ITEMS, max_size=8), st.lists(st.none() | TEXTS, max_size=3))
def test_what_was_written_is_read(items: list[Item], unusable: list[str | None]) -> None:
    written = answer(items, tuple(unusable))
    assert decode(ACME, KEY, SIEVE, encode(ACME, KEY, written)) == written


@pytest.fixture
def entry() -> bytes:
    one = Item(id="a", title="A", content="x y z", relevance=0.9, published=NOW, source="kb-1")
    return encode(ACME, KEY, answer([one], ("odd",)))


def test_what_belongs_to_another_key_or_organization_is_nothing(entry: bytes) -> None:
    assert decode(ACME, "other", SIEVE, entry) is None
    assert decode(type(ACME)("globex"), KEY, SIEVE, entry) is None


def test_every_byte_that_was_changed_is_seen(entry: bytes) -> None:
    spoilt = [entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :] for at in range(len(entry))]
    assert [decode(ACME, KEY, SIEVE, each) for each in spoilt] == [None] * len(entry)


def test_every_half_is_nothing(entry: bytes) -> None:
    assert {decode(ACME, KEY, SIEVE, entry[:at]) for at in range(len(entry))} == {None}


PLACES: list[tuple[Any, ...]] = [
    (2,),
    (3,),
    (3, 0),
    (4,),
    (4, 0),
    *((4, 0, at) for at in range(6)),
    (5,),
    (5, 0),
    (5, 0, 1),
    (5, 0, 2),
    (5, 0, 3),
]
HOSTILE: tuple[Any, ...] = (
    None,
    7,
    -1.5,
    1e400,
    True,
    [],
    {},
    [[]],
    "\ud800",
    "9999-99-99",
    {"$type": "os.system"},
)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_somebody_else_made_up_is_nothing_or_what_it_could_be(
    entry: bytes, place: tuple[int, ...]
) -> None:
    read = 0
    for value in HOSTILE:
        said = json.loads(entry.partition(b"\n")[2])
        inner = said
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        text = json.dumps(said)
        found = decode(ACME, KEY, SIEVE, f"{digest(text)}\n{text}".encode())
        if found is not None:
            read += 1
            assert all(0 <= each.item.relevance <= 1 for each in found.sifted.accepted)
            assert all(isinstance(each.item.id, str) for each in found.sifted.accepted)
    assert read < len(HOSTILE)
