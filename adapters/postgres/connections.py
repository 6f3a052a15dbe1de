"""How a connection is made: what it waits for, how durable its commits are, what it may be led astray by."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from psycopg.abc import PQGen

from jackfield.adapters.postgres.addresses import Address

Row: TypeAlias = tuple[Any, ...]
_T = TypeVar("_T")

_MILLISECOND: Final = timedelta(milliseconds=1)
_SLACK: Final = 1.0
_INTERVAL_S: Final = 0.1
# Not durable, or only on a standby's way to its disk: what is stronger stays.
_WEAK: Final = ["off", "local", "remote_write"]
_SETUP: Final = """
    SELECT set_config('search_path', 'pg_catalog', false),
        set_config('standard_conforming_strings', 'on', false),
        set_config('lock_timeout', %(patience)s, false),
        set_config('statement_timeout', %(longest)s, false),
        set_config('idle_in_transaction_session_timeout', %(longest)s, false),
        CASE WHEN current_setting('synchronous_commit') = ANY(%(weak)s)
            THEN set_config('synchronous_commit', 'on', false) END"""
# A connection that is lost is our matter: it does not write to standard error where no program asked for it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


class Connection(psycopg.Connection[Row]):
    """A connection on which no answer is waited for longer than `patience_s`, even if the server hangs."""

    patience_s: float = 30.0

    def wait(self, gen: PQGen[_T], interval: float = _INTERVAL_S, timeout: float | None = None) -> _T:
        """Wait for an answer; one that comes too late is as good as none."""
        return super().wait(gen, interval, self.patience_s if timeout is None else timeout)


def connect(address: Address, patience: timedelta) -> Connection:
    """Return a connection without a transaction; raise `psycopg.Error`.

    A lock is waited for as long as *patience*, a statement twice as long, its answer a little longer.
    """
    connection = Connection.connect(**address.parameters(), autocommit=True)
    try:
        longest = 2 * patience
        connection.patience_s = longest.total_seconds() + _SLACK
        times = {"patience": str(patience // _MILLISECOND), "longest": str(longest // _MILLISECOND)}
        connection.execute(_SETUP, {**times, "weak": _WEAK})
    except BaseException:
        connection.close()
        raise
    return connection


def end(connection: psycopg.Connection[Row] | None) -> None:
    """Let go of a connection, whatever state it is in; what it had begun is undone."""
    if connection is not None:
        connection.close()
