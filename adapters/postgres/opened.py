"""The open database that ledger and leases share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from jackfield.adapters.group import GroupCommit
from jackfield.adapters.postgres.addresses import Address
from jackfield.adapters.postgres.connections import Connection, Row, connect
from jackfield.adapters.postgres.marks import happened, pause, seal
from jackfield.adapters.postgres.pool import Pool
from jackfield.adapters.postgres.schema import migrate
from jackfield.adapters.postgres.writer import Writer
from jackfield.adapters.terms import from_us
from jackfield.adapters.writes import Outcome, Request
from jackfield.domain.model.errors import OpenedBeforeFork

_T = TypeVar("_T")

CONNECTIONS: Final = 4

_OPENING: Final = timedelta(seconds=0.5)
"""A server that cannot be reached at all is not waited for; one that ends a connection is asked again."""
_TIME: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class OpenDatabase:
    """One opening of the database: a connection that commits for all threads, and a few for all else."""

    def __init__(
        self, address: Address, patience: timedelta, new_mark: Callable[[], bytes], size: int = CONNECTIONS
    ) -> None:
        """Connect, and bring the tables to this version; raise `Unavailable`, `InvalidInput`."""
        self.address = address
        self.patience = patience
        self.new_mark = new_mark
        self._process = os.getpid()
        self._pool = Pool(self.connect, size, patience)
        self._writer = Writer(self.connect, address, patience, new_mark)
        self._commits: GroupCommit[Request, Outcome] = GroupCommit(self._writer)
        try:
            self._open()
        except BaseException:
            self._pool.close()
            raise

    def _open(self) -> None:
        begun, patience = time.monotonic(), self.patience
        while True:
            patience = min(patience, _OPENING)
            try:
                with self._pool.borrowed() as connection:
                    patience = self.patience
                    migrate(connection, self.address)
            except psycopg.Error as error:
                pause(error, begun + patience.total_seconds(), self.address, changing=False)
            else:
                return

    def connect(self) -> Connection:
        """Return a connection of its own; raise `psycopg.Error`."""
        return connect(self.address, self.patience)

    def commit(self, request: Request) -> Outcome:
        """Write a commit together with all that wait; it is durable on return."""
        self.check_process()
        return self._commits.submit(request)

    def rows(self, sql: LiteralString, parameters: Sequence[Any]) -> list[Row]:
        """Return all rows of one statement, which can be repeated: it is, if its connection is lost."""

        def work(connection: Connection) -> list[Row]:
            return connection.execute(sql, parameters, binary=True).fetchall()

        return self._patiently(work, changing=False)

    def time(self) -> datetime:
        """Return the time by the server's clock, in UTC."""
        return from_us(self.rows(_TIME, ())[0][0])

    def run(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work*, which begins a transaction, and commit it; it happens once, whatever is lost on the way.

        Its work can be begun again. Raises `OutcomeUnknown` where nobody tells whether it happened.
        """
        return self._patiently(partial(self.sealed, work=work), changing=True)

    def sealed(self, connection: Connection, work: Callable[[Connection], _T]) -> _T:
        """Do *work* on *connection* and commit it, unless it rolled it back itself.

        Raises `psycopg.Error` only if it did not happen.
        """
        result = work(connection)
        if connection.info.transaction_status == TransactionStatus.IDLE:
            return result
        mark = self.new_mark()
        try:
            with connection.pipeline():
                seal(connection, mark)
        except psycopg.Error:
            connection.close()
            if not happened(self.connect, mark, self.patience, self.address):
                raise
        return result

    def close(self) -> None:
        """Finish what was begun and let go of the database; closing twice is fine."""
        self.check_process()
        self._commits.close()
        self._writer.close()
        self._pool.close()

    def check_process(self) -> None:
        """Raise `OpenedBeforeFork` in another process than the one that opened the database."""
        if os.getpid() != self._process:
            raise OpenedBeforeFork(
                "the ledger was opened in another process",
                place=str(self.address),
                remedy="open it after the fork, once in each process",
            )

    def _patiently(self, work: Callable[[Connection], _T], *, changing: bool) -> _T:
        """Try again what was lost or what others got in the way of, as long as patience lasts."""
        self.check_process()
        deadline = time.monotonic() + self.patience.total_seconds()
        while True:
            try:
                with self._pool.borrowed() as connection:
                    return work(connection)
            except psycopg.Error as error:
                pause(error, deadline, self.address, changing=changing)
