"""Read-only connections, each used by one thread at a time and kept for the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import apsw

from jackfield.adapters.sqlite.failures import unavailable
from jackfield.domain.model.errors import InvalidInput, Unavailable

_KEPT: Final = 8


class Readers:
    """A pool that opens as many connections as are used at once, and keeps a few."""

    def __init__(self, connect: Callable[[], apsw.Connection], place: str) -> None:
        self._connect = connect
        self._place = place
        self._idle: deque[apsw.Connection] = deque()
        self._closed = False

    def rows(self, sql: str, bindings: Sequence[str | int]) -> list[Any]:
        """Return all rows of a query, as of one moment; raise `Unavailable`, `InvalidInput`."""
        if self._closed:
            raise Unavailable("the ledger is closed", place=self._place, remedy="open it again")
        try:
            connection = self._take()
            rows = connection.execute(sql, bindings).fetchall()
        except apsw.Error as error:
            raise unavailable(error, self._place) from error
        except UnicodeEncodeError as error:
            fault = "it was asked for by a name that UTF-8 cannot carry"
            raise InvalidInput(fault, place=self._place, remedy="mend the name") from error
        self._give_back(connection)
        return rows

    def close(self) -> None:
        """Close all connections; one that is in use, as soon as it is given back."""
        self._closed = True
        while self._idle:
            self._take().close()

    def _take(self) -> apsw.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: apsw.Connection) -> None:
        if self._closed or len(self._idle) >= _KEPT:
            connection.close()
        else:
            self._idle.append(connection)
