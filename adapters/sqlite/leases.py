"""Leases in the ledger's file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import apsw
from attrs import evolve

from jackfield.adapters.sqlite.opened import OpenFile
from jackfield.adapters.terms import check_terms, from_us, to_us
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.subjects import Organization
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

_CLEAR: Final = "DELETE FROM leases WHERE organization = ? AND name = ? AND expires_us <= ?"
_COUNT: Final = "SELECT count(*) FROM leases WHERE organization = ? AND name = ?"
_NEXT: Final = """
    INSERT INTO fences VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET token = token + 1 RETURNING token"""
_GIVE: Final = "INSERT INTO leases VALUES (?, ?, ?, ?, ?)"
_RENEW: Final = """
    UPDATE leases SET expires_us = ?
    WHERE organization = ? AND name = ? AND token = ? AND holder = ? AND expires_us > ? RETURNING token"""
_RELEASE: Final = "DELETE FROM leases WHERE organization = ? AND name = ? AND token = ? AND holder = ?"
_HELD: Final = """
    SELECT holder, token, expires_us FROM leases
    WHERE organization = ? AND name = ? AND expires_us > ? ORDER BY token"""


class SqliteLeases:
    """Leases that all threads and processes share who share the ledger's file.

    A lease is a row, and giving one is a transaction: at no time are there more rows under a name than its
    limit. A row goes when it is released, or when somebody asks for a lease after it has expired, and never
    comes back; so its holder's `renew` fails from then on, and the next token is higher. The time is asked
    for inside the transaction, after whatever was waited for.

    Expiry is by the wall clock, which all processes of a machine share. One that steps back makes leases
    last longer by the step: others wait, and nobody holds one too many. One that steps forward ends them
    early, for their holders too, who see the same clock. Nothing stops a holder that does not look, which
    is why whatever it changes must be fenced: by the token, or by a revision (compare-and-set).

    The disk is not waited for. Who loses the machine loses its processes, and so all holders; and a lease
    that anything was committed under is on the disk with that commit: its token does not come again.
    """

    def __init__(self, file: OpenFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        """Return a new lease, or None while *limit* others under that name have not expired."""
        check_terms(name, holder, lifetime, limit)

        def give(connection: apsw.Connection) -> Lease | None:
            now = self._clock.now()
            connection.execute(_CLEAR, (organization, name, to_us(now)))
            if connection.execute(_COUNT, (organization, name)).get >= limit:
                return None
            token = int(connection.execute(_NEXT, (organization, name)).get)
            connection.execute(_GIVE, (organization, name, token, holder, to_us(now + lifetime)))
            return Lease(
                organization=organization, name=name, holder=holder, token=token, expires=now + lifetime
            )

        return self._file.run(give, passing=True)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Return the lease with a new expiry, counted from now; raise `Conflict` if it was lost."""
        check_terms(lease.name, lease.holder, lifetime, 1)

        def prolong(connection: apsw.Connection) -> Lease:
            now = self._clock.now()
            if connection.execute(_RENEW, (to_us(now + lifetime), *_key(lease), to_us(now))).get is None:
                raise Conflict(
                    "the lease has expired or was given back",
                    place=f"lease {lease.name}",
                    remedy="acquire another, and look at what was done meanwhile",
                )
            return evolve(lease, expires=now + lifetime)

        return self._file.run(prolong, passing=True)

    def release(self, lease: Lease) -> None:
        """Give it back; one that was lost or given back already is no error."""

        def drop(connection: apsw.Connection) -> None:
            connection.execute(_RELEASE, _key(lease))

        self._file.run(drop, passing=True)

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        """Return the leases under that name that have not expired, oldest first."""
        rows = self._file.rows(_HELD, (organization, name, to_us(self._clock.now())))
        return tuple(
            Lease(
                organization=organization,
                name=name,
                holder=holder,
                token=token,
                expires=from_us(expires_us),
            )
            for holder, token, expires_us in rows
        )


def _key(lease: Lease) -> tuple[str, str, int, str]:
    return lease.organization, lease.name, lease.token, lease.holder
