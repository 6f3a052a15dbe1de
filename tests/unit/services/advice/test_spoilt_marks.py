"""What was dropped stays dropped though the entry that says so is spoilt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from jackfield.domain.model.canonical import digest
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Origin
from jackfield.domain.services.advice.keeping.entries import read
from tests.unit.services.advice.conftest import ACME, MINUTE, Desk, query

KEY = "acme advice-dropped"
GLOBEX = Organization("globex")
WAYS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "cut": lambda entry: entry[:-1],
    "empty": lambda _: b"",
    "flipped": lambda entry: entry.replace(b'"one"', b'"onf"'),
    "other": lambda _: b"[]",
}


@pytest.mark.parametrize("way", WAYS)
def test_where_it_cannot_be_read_everything_that_was_kept_is_dropped(desk: Desk, way: str) -> None:
    desk.open().query(query())
    desk.open().feedback("one", agent="a-1", action="wrong")
    entry = desk.cache.get(KEY)
    assert entry is not None
    desk.cache.put(KEY, WAYS[way](entry), 10 * MINUTE)
    assert desk.open().query(query()).origin is Origin.FRESH


def test_what_another_organization_dropped_is_not_taken_for_ours(desk: Desk) -> None:
    desk.open().query(query())
    desk.open(GLOBEX).feedback("another", agent="a-1", action="wrong")
    desk.open().feedback("one", agent="a-1", action="wrong")
    desk.cache.put(KEY, desk.cache.get("globex advice-dropped") or b"", 10 * MINUTE)
    assert desk.open().query(query()).origin is Origin.FRESH


def test_what_was_kept_after_that_is_given(desk: Desk) -> None:
    desk.cache.put(KEY, b"spoilt", 10 * MINUTE)
    own = desk.open()
    assert [own.query(query()).origin for _ in range(2)] == [Origin.FRESH, Origin.CACHED]


def test_who_finds_it_spoilt_mends_it_for_all(desk: Desk) -> None:
    desk.cache.put(KEY, b"spoilt", 10 * MINUTE)
    desk.open().query(query())
    later = desk.open()
    later.query(query("more"))
    assert read(ACME, desk.cache.get(KEY) or b"", 10) is not None


@pytest.mark.parametrize(
    "entry",
    [b"", b"\xff", b"no sum\n[]", b"[]", b"{}", b'["acme", 1]', b'["acme", [["item", "one", 1]]]'],
    ids=str,
)
def test_what_was_not_written_here_is_none_of_it(entry: bytes) -> None:
    assert read(ACME, entry, 10) is None
    summed = f"{digest(entry.decode(errors='replace'))}\n".encode() + entry
    assert read(ACME, summed, 10) is None
