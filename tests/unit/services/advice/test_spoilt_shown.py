"""What was shown, and what was judged wrong, is not believed as soon as its entry is spoilt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.hearing.judged import Judged
from tests.unit.services.advice.conftest import ACME, HOUR, Desk, query

KEY = f"acme advice-shown {digest('c-1')}"
WAYS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "cut": lambda entry: entry[:-1],
    "empty": lambda _: b"",
    "flipped": lambda entry: entry.replace(b'"two"', b'"one"'),
    "other": lambda _: b'["acme","c-1",["two"],["one"]]',
}
SPOILT = pytest.mark.parametrize("way", WAYS)


def spoil(desk: Desk, way: str) -> None:
    """Spoil the entry that tells of the conversation."""
    entry = desk.cache.get(KEY)
    assert entry is not None
    desk.cache.put(KEY, WAYS[way](entry), HOUR)


@SPOILT
def test_nothing_counts_as_shown(desk: Desk, way: str) -> None:
    own = desk.open()
    own.displayed(own.query(query()), items=["two"])
    spoil(desk, way)
    assert not any(each.shown for each in desk.open().query(query()).accepted)


@SPOILT
def test_what_the_log_has_as_wrong_is_wrong(desk: Desk, way: str) -> None:
    desk.open().feedback("two", agent="a-1", action="wrong", conversation="c-1")
    desk.told()
    spoil(desk, way)
    assert [each.item.id for each in desk.open().query(query()).accepted] == ["one"]


def test_what_another_organization_was_told_is_not_taken_for_ours(desk: Desk) -> None:
    globex = Organization("globex")
    desk.open(globex).feedback("two", agent="a-1", action="wrong", conversation="c-1")
    desk.cache.put(KEY, desk.cache.get(KEY.replace("acme", "globex")) or b"", HOUR)
    assert len(desk.open().query(query()).accepted) == 2


def test_who_finds_it_spoilt_mends_it_for_all(desk: Desk) -> None:
    desk.open().feedback("two", agent="a-1", action="wrong", conversation="c-1")
    desk.told()
    whole = desk.cache.get(KEY)
    spoil(desk, "cut")
    desk.open().query(query())
    assert desk.cache.get(KEY) == whole


def test_while_the_log_cannot_be_read_nothing_is_known_of_it(desk: Desk) -> None:
    desk.open().feedback("two", agent="a-1", action="wrong", conversation="c-1")
    desk.told()
    assert Judged(ACME, desk.ledger)("c-1") == ("two",)
    assert Judged(ACME, ShakyLedger(desk.ledger, failure=Unavailable("down")))("c-1") == ()
