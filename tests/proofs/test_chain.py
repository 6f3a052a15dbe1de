"""Promise A3: whatever is changed in the stored log is found by a head that was kept elsewhere."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import apsw
import pytest
from attrs import define, evolve

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, event, prompt
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import ChainBroken
from jackfield.domain.model.events import GENESIS, Position, verify
from tests.proofs.sizes import sized

EDITS: Final = sized(650, full=10_000)
ENTRIES: Final = 50
ERASED: Final = tuple(Position(position) for position in range(3, ENTRIES + 1, 3))

Row: TypeAlias = list[str | int | bytes | None]
POSITION, HASH, HEAD, PAYLOAD = 1, 2, 5, 6


@define
class Log:
    """The rows of a stored log, to edit as somebody would who has the file."""

    ledger: SqliteLedger
    connection: apsw.Connection
    kept: str

    def rows(self) -> list[Row]:
        return [list(row) for row in self.connection.execute("SELECT * FROM entries ORDER BY position")]

    def write(self, rows: list[Row]) -> None:
        with self.connection:
            self.connection.execute("DELETE FROM entries")
            self.connection.executemany(
                "INSERT INTO entries VALUES (?, ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT), CAST(? AS TEXT))",
                rows,
            )

    def is_sound(self, anchor: str | None) -> bool:
        try:
            verify(chain(self.ledger), anchor=anchor)
        except ChainBroken:
            return False
        return True


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    path = tmp_path / "state" / "ledger.db"
    with SqliteLedger(path) as ledger:
        for revision in range(ENTRIES // 2):
            texts = (f"{revision}", f"{revision} again")
            events = tuple(event(prompt(), text, reason=f"CHG-{revision}") for text in texts)
            ledger.commit(evolve(change(prompt(), revision), events=events))
        connection = apsw.Connection(str(path))
        connection.execute("PRAGMA synchronous = OFF")
        yield Log(ledger, connection, ledger.head(ORGANIZATION).head)
        connection.close()


def flip(rows: list[Row], source: random.Random, column: int) -> list[Row]:
    row = source.choice(rows)
    text = bytearray(str(row[column]).encode())
    text[source.randrange(len(text))] ^= 1 << source.randrange(8)
    row[column] = bytes(text)
    return rows


def flip_head(rows: list[Row], source: random.Random) -> list[Row]:
    return flip(rows, source, HEAD)


def flip_payload(rows: list[Row], source: random.Random) -> list[Row]:
    return flip(rows, source, PAYLOAD)


def flip_hash(rows: list[Row], source: random.Random) -> list[Row]:
    return flip(rows, source, HASH)


def delete(rows: list[Row], source: random.Random) -> list[Row]:
    rows.pop(source.randrange(len(rows)))
    return rows


def delete_and_close_the_gap(rows: list[Row], source: random.Random) -> list[Row]:
    return numbered(delete(rows, source))


def swap(rows: list[Row], source: random.Random) -> list[Row]:
    one, other = source.sample(range(len(rows)), 2)
    rows[one], rows[other] = rows[other], rows[one]
    return numbered(rows)


def swap_payloads(rows: list[Row], source: random.Random) -> list[Row]:
    one, other = source.sample(rows, 2)
    one[PAYLOAD], other[PAYLOAD] = other[PAYLOAD], one[PAYLOAD]
    return rows


def cut_the_end(rows: list[Row], source: random.Random) -> list[Row]:
    return rows[: source.randrange(len(rows))]


def insert(rows: list[Row], source: random.Random) -> list[Row]:
    rows.insert(source.randrange(len(rows)), list(source.choice(rows)))
    return numbered(rows)


def insert_chained(rows: list[Row], source: random.Random) -> list[Row]:
    return chained(insert(rows, source))


def edit_and_chain_again(rows: list[Row], source: random.Random) -> list[Row]:
    row = source.choice(rows)
    row[HEAD] = str(row[HEAD]).replace('"actor":"ci:build-812"', f'"actor":"somebody-{source.random()}"')
    return chained(rows)


def delete_and_chain_again(rows: list[Row], source: random.Random) -> list[Row]:
    return chained(delete_and_close_the_gap(rows, source))


def change_payload_and_chain_again(rows: list[Row], source: random.Random) -> list[Row]:
    row = source.choice(rows)
    before = str(row[PAYLOAD])
    row[PAYLOAD] = after = before.replace('"2.1.0"', f'"{source.random()}"')
    row[HEAD] = str(row[HEAD]).replace(digest(before), digest(after))
    return chained(rows)


def numbered(rows: list[Row]) -> list[Row]:
    """Give each row the position at which it stands, in its column and in its head."""
    for position, row in enumerate(rows, start=1):
        before = str(row[POSITION])
        row[HEAD] = str(row[HEAD]).replace(f'"position":{before},', f'"position":{position},')
        row[POSITION] = position
    return rows


def chained(rows: list[Row]) -> list[Row]:
    """Make a sound chain of the rows as they are."""
    previous = GENESIS
    for row in rows:
        text = str(row[HEAD])
        at = text.index('"previous":"') + len('"previous":"')
        row[HEAD] = text[:at] + previous + text[at + len(GENESIS) :]
        row[HASH] = previous = digest(str(row[HEAD]))
    return rows


Edit: TypeAlias = Callable[[list[Row], random.Random], list[Row]]

EDIT_KINDS: Final[tuple[Edit, ...]] = (
    flip_head,
    flip_payload,
    flip_hash,
    delete,
    delete_and_close_the_gap,
    swap,
    swap_payloads,
    cut_the_end,
    insert,
    insert_chained,
    edit_and_chain_again,
    delete_and_chain_again,
    change_payload_and_chain_again,
)
REWRITES: Final[tuple[Edit, ...]] = (
    insert_chained,
    edit_and_chain_again,
    delete_and_chain_again,
    change_payload_and_chain_again,
    cut_the_end,
)


def test_every_edit_is_found_with_a_head_that_was_kept(log: Log) -> None:
    tried, found = Counter[str](), Counter[str]()
    source = random.Random(4_471)
    original = log.rows()
    for number in range(EDITS):
        edit = EDIT_KINDS[number % len(EDIT_KINDS)]
        log.write(edit([list(row) for row in original], source))
        tried[edit.__name__] += 1
        found[edit.__name__] += not log.is_sound(log.kept)
    print(
        f"\nA3: {tried.total()} edits of a log of {ENTRIES} entries, {found.total()} found: {listed(found)}"
    )
    assert found == tried
    assert tried.total() == EDITS


def listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def test_an_unchanged_log_is_sound(log: Log) -> None:
    log.write(log.rows())
    assert log.is_sound(log.kept)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_without_a_kept_head_a_full_rewrite_is_not_found(log: Log, rewrite: Edit) -> None:
    log.write(rewrite(log.rows(), random.Random(1)))
    assert log.is_sound(None)
    assert not log.is_sound(log.kept)


def test_an_entry_that_is_forged_behind_the_kept_head_is_not_found(log: Log) -> None:
    rows = log.rows()
    log.write(chained(numbered([*rows, list(rows[-1])])))
    assert log.is_sound(log.kept)


def test_erased_payloads_still_verify(log: Log) -> None:
    log.ledger.erase(ORGANIZATION, ERASED, change(prompt("erasure")))
    verified = verify(chain(log.ledger), anchor=log.kept)
    assert (verified.entries, verified.detached) == (ENTRIES + 1, len(ERASED))
    print(f"\nA3: {len(ERASED)} of {ENTRIES} payloads erased, the chain verifies")


def test_edits_are_found_also_where_payloads_were_erased(log: Log) -> None:
    log.ledger.erase(ORGANIZATION, ERASED)
    kinds = [edit for edit in EDIT_KINDS if "payload" not in edit.__name__]
    source, original = random.Random(4_471), log.rows()
    found = 0
    for number in range(EDITS // 10):
        log.write(kinds[number % len(kinds)]([list(row) for row in original], source))
        found += not log.is_sound(log.kept)
    print(f"\nA3: {EDITS // 10} edits of a log with erased payloads, {found} found")
    assert found == EDITS // 10
