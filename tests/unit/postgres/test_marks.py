"""Whether a transaction happened is told once and for all, whatever its session is still doing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.postgres.addresses import address
from jackfield.adapters.postgres.connections import Connection, connect
from jackfield.adapters.postgres.marks import happened, seal
from jackfield.domain.model.errors import OutcomeUnknown
from jackfield.domain.model.secrets import Secret

MARK = bytes(range(16))
SECOND = timedelta(seconds=1)


@pytest.fixture
def connecting(postgres: str) -> Callable[[], Connection]:
    PostgresLedger(Secret(postgres)).close()
    return lambda: connect(address(Secret(postgres)), 5 * SECOND)


def ask(connecting: Callable[[], Connection]) -> bool:
    return happened(connecting, MARK, SECOND, "ledger")


def test_what_was_committed_happened(connecting: Callable[[], Connection]) -> None:
    with connecting() as session:
        session.execute("BEGIN")
        seal(session, MARK)
    assert [ask(connecting), ask(connecting)] == [True, True]


def test_what_was_never_sent_did_not_happen_however_often_it_is_asked(
    connecting: Callable[[], Connection],
) -> None:
    assert [ask(connecting), ask(connecting)] == [False, False]


def test_what_was_said_not_to_have_happened_cannot_happen_any_more(
    connecting: Callable[[], Connection],
) -> None:
    assert not ask(connecting)
    with connecting() as session:
        session.execute("BEGIN")
        with pytest.raises(UniqueViolation):
            seal(session, MARK)
        session.execute("ROLLBACK")


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_session_that_is_still_at_work_is_waited_for(
    connecting: Callable[[], Connection], end: str, postgres: str
) -> None:
    answers = list[bool]()
    with connecting() as session:
        session.execute("BEGIN")
        session.execute("INSERT INTO jackfield.marks (id, happened) VALUES (%s, true)", (MARK,))
        asker = threading.Thread(target=lambda: answers.append(ask(connecting)))
        asker.start()
        waits_for_a_lock(postgres)
        assert answers == []
        session.execute(end.encode())
        asker.join()
    assert answers == [end == "COMMIT"]


def waits_for_a_lock(url: str) -> None:
    """Return as soon as a session of this database waits for another."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        ).fetchall()[0][0]:
            pass


def test_where_nobody_answers_the_outcome_is_unknown() -> None:
    def nobody() -> Connection:
        raise psycopg.OperationalError("refused")

    with pytest.raises(OutcomeUnknown, match="ledger: the connection was lost during a commit"):
        happened(nobody, MARK, timedelta(), "ledger")


def test_old_marks_are_swept_away(connecting: Callable[[], Connection]) -> None:
    with connecting() as session:
        session.execute(
            "INSERT INTO jackfield.marks SELECT sha256(n::text::bytea), true, now() - interval '2 hours'"
            " FROM generate_series(1, 50) n"
        )
        session.execute("BEGIN")
        seal(session, bytes(16))
        assert session.execute("SELECT count(*) FROM jackfield.marks").fetchall() == [(1,)]
