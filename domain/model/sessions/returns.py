"""Which customers came back within 24 hours of a session, whatever the order in which sessions are told.

Every session takes 32 bytes until the end: a hash of its customer, two times, and who counts it. They are
kept in 256 parts by the hash, so that only one part is sorted at a time.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from attrs import define, field

RETURN: Final = timedelta(hours=24)
"""A customer who comes back later than this after a session has another concern."""
_PARTS: Final = 256
_EXACT: Final = 11
"""Bits of a hash that a float cannot hold; with the part, 61 of 64 tell customers apart."""
_NOBODY: Final = -1.0


def _parts() -> list[array[float]]:
    return [array("d") for _ in range(_PARTS)]


@define(eq=False)
class Returns:
    """Customers' sessions, until all are known."""

    _rows: list[array[float]] = field(factory=_parts, init=False, repr=False)

    def add(self, customer: str, started: float, ended: float, counter: int | None = None) -> None:
        """Take a session, its times in seconds of the epoch.

        *counter*, from 0, is who wants to hear if the customer did not come back.
        """
        hashed = hash(customer)
        who = _NOBODY if counter is None else float(counter)
        self._rows[hashed % _PARTS].extend((float(hashed >> _EXACT), started, ended, who))

    def extend(
        self,
        customers: Iterable[int],
        started: Iterable[float],
        ended: Iterable[float],
        counters: Iterable[int],
    ) -> None:
        """Take many sessions: numbers that are spread as a hash is stand for customers, -1 for nobody.

        Such a number is another customer's than any name that `add` takes. A counter of -1 wants nothing.
        """
        rows = self._rows
        for customer, began, over, who in zip(customers, started, ended, counters, strict=True):
            if customer >= 0:
                rows[customer % _PARTS].extend((customer >> _EXACT, began, over, who))

    def without(self) -> Iterator[int]:
        """Give the counter of each session after whose end no other of the customer's began within 24 h."""
        for part in self._rows:
            numbers = iter(part)
            rows = sorted(zip(numbers, numbers, numbers, numbers, strict=True))
            for place, (customer, started, ended, counter) in enumerate(rows):
                if counter == _NOBODY:
                    continue
                # What began at the very moment of a session without length is no return to it.
                key = (customer, ended) if ended > started else (customer, started, math.inf)
                later = bisect_left(rows, key, place + 1)
                if later == len(rows) or not _follows(rows[later], customer, ended):
                    yield int(counter)


def _follows(row: tuple[float, ...], customer: float, ended: float) -> bool:
    return row[0] == customer and row[1] <= ended + RETURN.total_seconds()
