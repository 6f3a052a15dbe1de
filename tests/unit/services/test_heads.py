"""What a ledger calls its newest entry: verified with the chain, on both kinds of ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psycopg
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, event
from jackfield.domain.model.errors import ChainBroken
from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.states import ExportState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.audit import Audit
from jackfield.ports.ledger import Change, Ledger, Receipt

SUBJECT: Final = Subject(ORGANIZATION, Kind.EXPORT, "escalation")
ENTRIES: Final = 6


def _happen(ledger: Ledger, count: int = 1) -> None:
    for _ in range(count):
        revision = ledger.read(SUBJECT).revision
        state = ExportState(entries=revision + 1)
        ledger.commit(Change(subject=SUBJECT, expected=revision, state=state, events=(event(SUBJECT),)))


def _audit(ledger: Ledger) -> Audit:
    return Audit(organization=ORGANIZATION, ledger=ledger, clock=FrozenClock())


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        _happen(ledger, ENTRIES)
        yield ledger


@pytest.fixture
def shared(postgres: str) -> Iterator[PostgresLedger]:
    ledger = PostgresLedger(Secret(postgres))
    _happen(ledger, ENTRIES)
    yield ledger
    ledger.close()


@pytest.fixture(params=["sqlite", "shared"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    found: Ledger = request.getfixturevalue(request.param)
    return found


class Says:
    """A ledger that calls another entry its newest, or in whose midst something happens."""

    def __init__(self, inner: Ledger, head: Receipt | None = None, *, busy: int = 0) -> None:
        self.inner, self.said, self.busy = inner, head, busy

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def head(self, organization: Organization) -> Receipt:
        return self.said or self.inner.head(organization)

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        if self.busy:
            self.busy -= 1
            _happen(self.inner)
        return self.inner.follow(organization, after, limit, subject)


def test_a_chain_ends_with_its_head(ledger: Ledger) -> None:
    assert _audit(ledger).verify().entries == ENTRIES
    assert _audit(ledger).anchor().position == ENTRIES


def test_what_is_written_while_it_is_read_is_no_fault(ledger: Ledger) -> None:
    busy: Ledger = Says(ledger, busy=1)  # type: ignore[assignment]  # it passes the rest on
    assert _audit(busy).verify().entries == ENTRIES + 1


@pytest.mark.parametrize(("position", "hash_"), [(ENTRIES + 1, None), (ENTRIES, "0" * 64), (4, None)])
def test_a_head_that_is_not_in_the_chain_is_found(ledger: Ledger, position: int, hash_: str | None) -> None:
    said = f"audit entry {position}: the ledger calls it the newest entry, and it is not in the chain"
    head = Receipt(Position(position), hash_ or ledger.head(ORGANIZATION).head)
    audit = _audit(Says(ledger, head))  # type: ignore[arg-type]  # it passes the rest on
    for look in (audit.verify, audit.anchor):
        with pytest.raises(ChainBroken, match=said):
            look()


def test_a_head_that_stands_before_the_last_entry_is_found(ledger: Ledger) -> None:
    fourth = ledger.follow(ORGANIZATION, Position(3), 1)[0]
    audit = _audit(Says(ledger, Receipt(fourth.position, fourth.hash)))  # type: ignore[arg-type]  # as above
    with pytest.raises(ChainBroken, match="audit entry 6: an entry stands behind what the ledger calls"):
        audit.verify()


@pytest.mark.parametrize(
    "edit",
    [
        b"DELETE FROM jackfield.entries WHERE position > 4",
        b"DELETE FROM jackfield.entries",
        b"UPDATE jackfield.heads SET position = 4",
        b"UPDATE jackfield.heads SET hash = sha256('x')",
        b"UPDATE jackfield.heads SET position = 4,"
        b" hash = (SELECT hash FROM jackfield.entries WHERE position = 4)",
    ],
)
def test_an_end_that_was_deleted_by_sql_is_found(shared: PostgresLedger, postgres: str, edit: bytes) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(edit)
    with pytest.raises(ChainBroken):
        _audit(shared).verify()


def test_an_end_that_was_deleted_is_found_though_the_chain_grew(
    shared: PostgresLedger, postgres: str
) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(b"DELETE FROM jackfield.entries WHERE position > 4")
    with pytest.raises(ChainBroken):
        _audit(shared).anchor()
    _happen(shared)
    with pytest.raises(ChainBroken, match="position 7 stands where 5 belongs"):
        _audit(shared).verify()
