"""The one connection of a process that commits: whole groups, each in a transaction that has a mark."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import psycopg
from psycopg.pq import TransactionStatus

from jackfield.adapters.postgres.addresses import Address
from jackfield.adapters.postgres.admission import Admission, begun
from jackfield.adapters.postgres.connections import Connection, end
from jackfield.adapters.postgres.marks import happened, pause, seal
from jackfield.adapters.writes import Outcome, Request
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown


class Writer:
    """Writes groups of commits, of which each happens or not by its own conditions.

    What is lost on the way is tried again within *patience*. A commit whose answer is lost is never sent
    again before it is known that it did not happen.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        address: Address,
        patience: timedelta,
        new_mark: Callable[[], bytes],
    ) -> None:
        self._connect = connect
        self._address = address
        self._patience = patience
        self._new_mark = new_mark
        self._connection: Connection | None = None
        self._requests: Sequence[Request] = ()
        self._outcomes: list[Outcome | JackfieldError] = []
        self._admission: Admission | None = None
        self._sent: bytes | None = None
        self._settled: bool | OutcomeUnknown = False

    def write(self, requests: Sequence[Request]) -> list[Outcome | JackfieldError]:
        """Decide which of *requests* may happen, and leave the transaction open."""
        self._settled, self._sent, self._requests = False, None, requests
        self._outcomes = self._decided(self._deadline())
        return self._outcomes

    def commit(self) -> None:
        """Write what was decided, and make it durable; what happens anew is decided anew, too."""
        deadline = self._deadline()
        while True:
            try:
                self._finish()
            except psycopg.Error as error:
                if self._happened():
                    self._settled = True
                    return
                self._sent = None
                pause(error, deadline, self._address)
            else:
                return
            self._outcomes[:] = self._decided(deadline)

    def settle(self) -> bool | JackfieldError:
        """Undo what is open, and say whether the last write is durable, or that nobody knows."""
        if self._settled is False:
            try:
                self._settled = self._happened()
            except OutcomeUnknown as error:
                self._settled = error
        return self._settled

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()

    def _decided(self, deadline: float) -> list[Outcome | JackfieldError]:
        while True:
            try:
                self._admission = begun(self._connected(), self._requests)
            except psycopg.Error as error:
                self._drop()
                pause(error, deadline, self._address)
            else:
                return [self._admission.admit(request) for request in self._requests]

    def _finish(self) -> None:
        connection, admission = self._connection, self._admission
        if connection is None or admission is None:
            raise AssertionError("unreachable: nothing was begun")
        if admission.is_empty:
            connection.execute("ROLLBACK")
        else:
            mark = self._sent = self._new_mark()
            with connection.pipeline():
                admission.write(connection)
                seal(connection, mark)
        self._settled = True

    def _happened(self) -> bool:
        """Ask about what was sent; whatever is open is undone by its end. Raises `OutcomeUnknown`."""
        self._drop()
        if self._sent is None:
            return False
        return happened(self._connect, self._sent, self._patience, self._address)

    def _connected(self) -> Connection:
        """Return a connection at rest: one on which something was left half done is not used again."""
        connection = self._connection
        if connection is not None and connection.info.transaction_status == TransactionStatus.IDLE:
            return connection
        self._drop()
        connection = self._connection = self._connect()
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        end(connection)

    def _deadline(self) -> float:
        return time.monotonic() + self._patience.total_seconds()
