"""What an entry tells of an erasure is what was erased, and nothing that it could not have known."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.testing.changes import event, prompt
from jackfield.domain.model.canonical import JSON, canonical
from jackfield.domain.model.erasures import ERASE, Erasure, told_by
from jackfield.domain.model.events import GENESIS, Entry, Position

positions = st.sets(st.integers(1, 60).map(Position), max_size=40).map(lambda s: tuple(sorted(s)))


def entry(payload: Mapping[str, JSON] | None, *, kind: str = ERASE, position: int = 100) -> Entry:
    return Entry(
        position=Position(position),
        previous=GENESIS,
        hash=GENESIS,
        payload_hash=GENESIS,
        event=evolve(event(prompt()), type=kind, payload=payload),
    )


@given(positions, st.dictionaries(st.integers(1, 60).map(Position), st.text(max_size=5)))
def test_an_entry_tells_what_was_erased(
    erased: tuple[Position, ...], fingerprints: dict[Position, str]
) -> None:
    erasure = Erasure(erased, fingerprints)
    assert told_by(entry(erasure.payload())) == erasure


def test_positions_are_written_as_ranges() -> None:
    erasure = Erasure(tuple(Position(p) for p in (9, 1, 2, 3, 5)), {Position(3): "f"})
    assert canonical(erasure.payload()) == '{"positions":[[1,3],[5,5],[9,9]],"states":{"3":"f"}}'


def test_an_entry_of_another_type_tells_nothing() -> None:
    assert told_by(entry(Erasure((Position(1),)).payload(), kind="prompt.promote")) is None


def test_an_entry_tells_nothing_of_itself_and_of_what_comes_later() -> None:
    told = told_by(entry({"positions": [[1, 10**18]], "states": {}}, position=4))
    assert told == Erasure((Position(1), Position(2), Position(3)))


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"positions": 1, "states": {}}, {"positions": [], "states": []}, {"positions": None}],
)
def test_what_does_not_read_as_an_erasure_tells_nothing(payload: Mapping[str, JSON] | None) -> None:
    assert told_by(entry(payload)) is None


@pytest.mark.parametrize("ranges", [[1], [[1]], [["1", 2]], [[1, 2, 3]], [None], [[3, 1]]])
def test_ranges_that_are_none_name_no_position(ranges: list[JSON]) -> None:
    assert told_by(entry({"positions": ranges, "states": {"x": "y", "1": 2}})) == Erasure(())
