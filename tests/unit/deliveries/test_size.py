"""The ledger does not grow by deliveries: one row a destination, of bounded size, whatever was delivered."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import apsw
import pytest

from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Rejected, Retry
from jackfield.domain.model.subjects import Kind
from tests.unit.deliveries.conftest import House

TABLES: Final = ("subjects", "entries", "onces", "leases", "fences")
NO: Final = Retry(reason="not now")


def _counted(house: House) -> tuple[int, ...]:
    """How many rows each table has but those of what happened; the destinations' states in bytes last."""
    connection = apsw.Connection(str(house.ledger.file.path))
    try:
        rows = [_one(connection, f"SELECT count(*) FROM {table}") for table in TABLES]  # ours
        size = "SELECT sum(length(state)) FROM subjects WHERE kind = ?"
        return (*rows, _one(connection, size, Kind.DESTINATION.value))
    finally:
        connection.close()


def _one(connection: apsw.Connection, query: str, *values: str) -> int:
    ((found,),) = connection.execute(query, values)
    assert isinstance(found, int)
    return found


def _cycle(house: House, verdicts: list[Delivery]) -> None:
    house.keeping.script = list(verdicts)
    house.happen("a", "b", "c")
    for _ in range(3):
        house.run()
        house.clock.advance(timedelta(days=1))


@pytest.mark.parametrize("verdicts", [[], [NO, NO, NO], [NO, Delivered()]], ids=["taken", "retried", "mixed"])
def test_delivering_leaves_as_many_rows_of_as_many_bytes(house: House, verdicts: list[Delivery]) -> None:
    _cycle(house, verdicts)
    before = _counted(house)
    for _ in range(5):
        _cycle(house, verdicts)
    after = _counted(house)
    entries = TABLES.index("entries")
    told = (after[entries] - before[entries], *(n for i, n in enumerate(after[:-1]) if i != entries))
    assert told == (15, *(n for i, n in enumerate(before[:-1]) if i != entries))
    assert after[-1] - before[-1] <= 20  # digits of the counts


def test_the_state_is_bounded_when_everything_dies(house: House) -> None:
    """The negative control: what is dead is kept, until somebody gives it up."""
    house.happen(*(f"p{n}" for n in range(60)))
    house.keeping.script = [Rejected(reason="x" * 200)] * 60
    house.run()
    full = _counted(house)[-1]
    house.acting().discard("keeping")
    assert full > 60 * 200
    assert _counted(house)[-1] < full / 10
