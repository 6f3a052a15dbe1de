"""What the ledger does where the database is away, hangs, is locked, altered, newer or not ours."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_hex

import psycopg
import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.postgres import PostgresLeases, PostgresLedger
from jackfield.adapters.postgres.schema import STEPS
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.events import Position, verify
from jackfield.domain.model.secrets import Secret
from tests.cables import Cable
from tests.servers import database, named

SHORT = timedelta(milliseconds=100)
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(postgres: str) -> Iterator[PostgresLedger]:
    with PostgresLedger(Secret(postgres)) as ledger:
        yield ledger


@pytest.fixture
def admin(postgres: str) -> Iterator[psycopg.Connection]:
    """Somebody else in the same database."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"127.0.0.1:\d+/x: the database cannot be reached; check host"):
        PostgresLedger(Secret(f"postgresql://u:canary@127.0.0.1:{closed_port()}/x"))


def test_a_server_that_takes_connections_and_hangs_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://u:canary@127.0.0.1:{deaf.getsockname()[1]}/x?connect_timeout=2"
        with pytest.raises(Unavailable) as caught:
            PostgresLedger(Secret(url))
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"


def test_a_server_that_hangs_later_is_unavailable(postgres: str, ledger: PostgresLedger) -> None:
    ledger.commit(change(prompt()))
    with Cable(postgres) as cable, PostgresLedger(Secret(cable.through), patience=SHORT) as far:
        assert far.read(prompt()).revision == 1
        cable.mute.set()
        with pytest.raises(Unavailable):
            far.read(prompt())


def test_a_database_that_is_not_there_is_told(postgres_server: str) -> None:
    with pytest.raises(Unavailable, match="no such database"):
        PostgresLedger(Secret(named(postgres_server, "no_such_database")))


def test_a_lock_that_is_held_for_too_long_is_told_and_nothing_was_changed(
    postgres: str, ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    ledger.commit(change(prompt()))
    with PostgresLedger(Secret(postgres), patience=SHORT) as hasty, admin.transaction():
        admin.execute("SELECT * FROM jackfield.heads FOR UPDATE")
        with pytest.raises(Unavailable, match="another process holds it for too long; nothing was changed"):
            hasty.commit(change(prompt(), 1))
    assert ledger.commit(change(prompt(), 1)) == ledger.head(ORGANIZATION)


def test_connections_that_died_at_rest_are_replaced(
    ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    ledger.commit(change(prompt()))
    for revision in range(1, 4):
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        ledger.commit(change(prompt(), revision))
        assert ledger.read(prompt()).revision == revision + 1


def test_many_openings_at_once_make_the_tables_once(postgres: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        for opened in [threads.submit(PostgresLedger, Secret(postgres)) for _ in range(8)]:
            opened.result().close()
    with PostgresLedger(Secret(postgres)) as ledger:
        assert ledger.commit(change(prompt())).position == 1  # type: ignore[union-attr]  # no Repeat


def altered(*statements: bytes) -> Callable[[psycopg.Connection], None]:
    def alter(connection: psycopg.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return alter


@pytest.mark.parametrize(
    ("alter", "error", "message"),
    [
        (altered(b"UPDATE jackfield.about SET version = 99"), InvalidInput, "a newer Jackfield wrote it"),
        (
            altered(b"DROP TABLE jackfield.about"),
            InvalidInput,
            "'jackfield' is not that of a ledger",
        ),
        (altered(b"DELETE FROM jackfield.about"), Unavailable, "its tables are not those of a ledger"),
    ],
)
def test_tables_that_are_not_ours_are_refused_and_left_as_they_are(
    postgres: str,
    admin: psycopg.Connection,
    alter: Callable[[psycopg.Connection], None],
    error: type[Exception],
    message: str,
) -> None:
    with PostgresLedger(Secret(postgres)) as ledger:
        ledger.commit(change(prompt()))
    alter(admin)
    with pytest.raises(error, match=message):
        PostgresLedger(Secret(postgres))
    assert admin.execute("SELECT count(*) FROM jackfield.entries").fetchall() == [(1,)]


def test_a_table_that_is_gone_is_told_and_not_made_anew(
    postgres: str, ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    admin.execute("DROP TABLE jackfield.subjects")
    with PostgresLedger(Secret(postgres)) as again:
        with pytest.raises(Unavailable, match=r"not those of a ledger.*restore a backup"):
            again.read(prompt())
        with pytest.raises(Unavailable, match="not those of a ledger"):
            again.commit(change(prompt()))


def test_each_version_of_the_tables_has_its_step() -> None:
    assert len(STEPS) == 2


def test_an_encoding_of_the_database_changes_no_text(postgres_server: str) -> None:
    with (
        database(postgres_server, f"jackfield_{token_hex(6)}", "SQL_ASCII") as url,
        PostgresLedger(Secret(url)) as ledger,
    ):
        ledger.commit(change(prompt("Größe 日本語 🚀\0"), text="é"))
        assert ledger.read(prompt("Größe 日本語 🚀\0")).state == change(prompt(), text="é").state
        assert verify(chain(ledger)).entries == 1


def test_no_byte_of_an_erased_payload_stays_in_the_tables_file(
    postgres: str, ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    ledger.commit(change(prompt(), text="canary" * 20))
    ledger.commit(change(prompt(), 1, text="kept"))
    with psycopg.connect(postgres) as watcher:
        watcher.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        watcher.execute("SELECT 1")  # a snapshot for which VACUUM would keep what is erased
        assert b"canary" in file_of(admin)
        ledger.erase(ORGANIZATION, [Position(1)], change(prompt("b")))
        assert (b"canary" in file_of(admin), b"kept" in file_of(admin)) == (False, True)


def test_the_planner_keeps_no_sample_of_a_payload(ledger: PostgresLedger, admin: psycopg.Connection) -> None:
    ledger.commit(change(prompt(), text="canary" * 20))
    admin.execute("ANALYZE jackfield.entries")
    found = admin.execute("SELECT attname FROM pg_stats WHERE schemaname = 'jackfield'").fetchall()
    assert ("name",) in found
    assert ("payload",) not in found


def test_a_database_that_takes_backslashes_for_escapes_changes_no_text(
    postgres: str, admin: psycopg.Connection
) -> None:
    admin.execute("ALTER ROLE CURRENT_USER SET standard_conforming_strings = off")
    try:
        with PostgresLedger(Secret(postgres)) as ledger:
            ledger.commit(change(prompt("a\\b"), text="\\x61"))
            assert ledger.read(prompt("a\\b")).state == change(prompt(), text="\\x61").state
            assert verify(chain(ledger)).entries == 1
    finally:
        admin.execute("ALTER ROLE CURRENT_USER RESET standard_conforming_strings")


def file_of(admin: psycopg.Connection) -> bytes:
    admin.execute("CHECKPOINT")
    found = admin.execute("SELECT pg_read_binary_file(pg_relation_filepath('jackfield.entries'))")
    return bytes(found.fetchall()[0][0])


def test_two_erasures_and_commits_at_once_do_not_wait_for_each_other_for_ever(
    postgres: str, ledger: PostgresLedger
) -> None:
    def work(number: int) -> None:
        mine = prompt(str(number), ORGANIZATION if number % 2 else type(ORGANIZATION)("globex"))
        with PostgresLedger(Secret(postgres)) as own:
            for revision in range(0, 6, 2):
                own.commit(change(mine, revision))
                own.erase(mine.organization, [Position(1)], change(mine, revision + 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert verify(chain(ledger)).entries == 2 * 6


def test_leases_go_by_the_servers_clock(ledger: PostgresLedger) -> None:
    leases = PostgresLeases(ledger.database)
    before = ledger.database.time()
    lease = leases.acquire(ORGANIZATION, "job", holder="a", lifetime=HOUR)
    assert lease is not None
    assert before + HOUR <= lease.expires <= ledger.database.time() + HOUR
    assert list(leases.held(ORGANIZATION, "job")) == [lease]
    assert leases.renew(lease, 2 * HOUR).expires > lease.expires
    leases.release(lease)
    assert list(leases.held(ORGANIZATION, "job")) == []


def test_the_servers_time_is_ours_on_this_machine(ledger: PostgresLedger) -> None:
    assert abs(ledger.database.time() - SystemClock().now()) < HOUR


def test_who_asks_in_vain_for_a_lease_writes_nothing(
    ledger: PostgresLedger, admin: psycopg.Connection
) -> None:
    leases = PostgresLeases(ledger.database)
    leases.acquire(ORGANIZATION, "job", holder="a", lifetime=HOUR)
    marks = admin.execute("SELECT count(*) FROM jackfield.marks").fetchall()
    assert leases.acquire(ORGANIZATION, "job", holder="b", lifetime=HOUR) is None
    assert admin.execute("SELECT count(*) FROM jackfield.marks").fetchall() == marks


def test_commits_wait_for_the_disk_also_where_the_database_says_not_to(
    postgres: str, admin: psycopg.Connection
) -> None:
    name = admin.info.dbname
    admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    try:
        with PostgresLedger(Secret(postgres)) as ledger:
            assert ledger.database.rows("SHOW synchronous_commit", ()) == [("on",)]
    finally:
        admin.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit'.encode())
