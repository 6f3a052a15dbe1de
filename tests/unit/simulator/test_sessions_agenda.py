"""What is due comes by its time, and of one time in the order in which it was put."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.simulator import FileStore, MemoryStore, Store
from jackfield.adapters.simulator.platform.agenda import Agenda

moves = st.lists(
    st.tuples(st.just("push"), st.integers(0, 20)) | st.tuples(st.just("pop"), st.integers(0, 20)),
    max_size=60,
)


@given(moves)
def test_an_agenda_is_a_heap(moves: list[tuple[str, int]]) -> None:
    turns, model, came, due = count(), list[tuple[int, int]](), list[object](), list[object]()
    with MemoryStore().transaction() as state:
        agenda = Agenda(state, "due")
        for move, at in moves:
            if move == "push":
                turn = next(turns)
                agenda.push(at, {"turn": turn})
                heappush(model, (at, turn))
            else:
                popped = agenda.pop(at)
                came.append(None if popped is None else (popped.at, popped.what["turn"]))
                due.append(heappop(model) if model and model[0][0] <= at else None)
        assert (came, len(agenda)) == (due, len(model))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    held = FileStore(tmp_path / "db")
    yield held
    held.close()


def test_an_agenda_lasts_in_a_file(store: Store) -> None:
    with store.transaction() as state:
        for at in (3, 1, 2):
            Agenda(state, "due").push(at, {"at": at})
    with store.transaction() as state:
        popped = [Agenda(state, "due").pop(9) for _ in range(4)]
    assert [each and each.at for each in popped] == [1, 2, 3, None]
