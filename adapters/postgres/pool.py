"""The connections that threads take turns with, for whatever is not written in groups."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore, Lock

import psycopg
from psycopg.pq import TransactionStatus

from jackfield.adapters.postgres.connections import Connection, end
from jackfield.domain.model.errors import Unavailable


class Pool:
    """At most *size* connections, made when they are needed; the one used last is used next."""

    def __init__(self, connect: Callable[[], Connection], size: int, patience: timedelta) -> None:
        self._connect = connect
        self._patience = patience
        self._turns = BoundedSemaphore(size)
        self._lock = Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def borrowed(self) -> Generator[Connection]:
        """Give a connection for a while; one that is not at rest then is ended, and what it had begun undone.

        Raises `Unavailable` if none is free in time, and `psycopg.Error` if none can be made.
        """
        if not self._turns.acquire(timeout=self._patience.total_seconds()):
            raise Unavailable("all connections to the database are busy", place="ledger", remedy="try again")
        try:
            connection = self._taken()
            try:
                yield connection
            except psycopg.OperationalError:  # a server that went away took the idle ones with it
                self._end_idle()
                raise
            finally:
                self._put_back(connection)
        finally:
            self._turns.release()

    def close(self) -> None:
        """End the connections; those that are in use, as soon as they are given back."""
        with self._lock:
            self._closed = True
        self._end_idle()

    def _taken(self) -> Connection:
        if self._closed:
            raise Unavailable("the ledger is closed", remedy="open it again")
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _put_back(self, connection: Connection) -> None:
        with self._lock:
            kept = not self._closed and connection.info.transaction_status == TransactionStatus.IDLE
            if kept:
                self._idle.append(connection)
        if not kept:
            end(connection)

    def _end_idle(self) -> None:
        with self._lock:
            ended, self._idle = self._idle, []
        for connection in ended:
            end(connection)
