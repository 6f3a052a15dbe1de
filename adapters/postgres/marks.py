"""A mark in each transaction, by which anybody learns whether it happened.

Where a connection ends during COMMIT, nothing tells whether the server had heard it, and its session may
still be at work. So whoever asks writes the same mark, as that of something that never happened. The
database makes him wait for a session that wrote it too, and keeps only one of both: his answer is final.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import psycopg

from jackfield.adapters.postgres.connections import Connection, end
from jackfield.adapters.postgres.failures import can_be_repeated, outcome_unknown, unavailable

_MARK: Final = "INSERT INTO jackfield.marks (id, happened) VALUES (%s, true)"
_ASK: Final = "INSERT INTO jackfield.marks (id, happened) VALUES (%s, false) ON CONFLICT DO NOTHING"
_HAPPENED: Final = "SELECT happened FROM jackfield.marks WHERE id = %s"
# Nobody asks after an hour. Where two sweep at once, each takes what the other leaves.
_SWEEP: Final = """
    DELETE FROM jackfield.marks WHERE id IN (
        SELECT id FROM jackfield.marks WHERE at < clock_timestamp() - interval '1 hour'
        ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED)"""
_SWEEPING: Final = 3
_PAUSE_SECONDS: Final = 0.02


def seal(connection: Connection, mark: bytes) -> None:
    """Mark the open transaction and commit it; of a hundred, one sweeps old marks away."""
    connection.execute(_MARK, (mark,))
    if mark[0] < _SWEEPING:
        connection.execute(_SWEEP)
    connection.execute("COMMIT", prepare=False)


def happened(connect: Callable[[], Connection], mark: bytes, patience: timedelta, place: object) -> bool:
    """Say whether the transaction of *mark* was committed; if it was not, it never will be.

    Raises `OutcomeUnknown` if the database gives no answer within *patience*.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return _asked(connect, mark)
        except psycopg.Error as error:
            if time.monotonic() >= deadline:
                raise outcome_unknown(place) from error
            time.sleep(_PAUSE_SECONDS)


def _asked(connect: Callable[[], Connection], mark: bytes) -> bool:
    connection = connect()
    try:
        connection.execute(_ASK, (mark,))
        row = connection.execute(_HAPPENED, (mark,)).fetchone()
    finally:
        end(connection)
    return row is not None and bool(row[0])


def pause(error: psycopg.Error, deadline: float, place: object, *, changing: bool = True) -> None:
    """Wait a little before the same is tried again; raise `Unavailable` if that is of no use, or too late."""
    if not can_be_repeated(error) or time.monotonic() >= deadline:
        raise unavailable(error, place, changing=changing) from error
    time.sleep(_PAUSE_SECONDS)
