"""Leases in the ledger's database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, LiteralString

from attrs import evolve

from jackfield.adapters.postgres.connections import BEGIN, Connection, Row
from jackfield.adapters.postgres.opened import OpenDatabase
from jackfield.adapters.terms import MICROSECOND, check_terms, from_us, to_us
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.subjects import Organization
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_ASK: Final = f"SELECT {_NOW}"
_NAMED: Final = "organization = %s AND name_hash = sha256(%s)"
_FENCE: Final = f"SELECT token FROM jackfield.fences WHERE {_NAMED} FOR UPDATE"
_FIRST: Final = """
    INSERT INTO jackfield.fences (organization, name, token) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING"""
_NEXT: Final = f"UPDATE jackfield.fences SET token = %s WHERE {_NAMED}"
_CLEAR: Final = f"DELETE FROM jackfield.leases WHERE {_NAMED} AND expires_us <= %s"
_COUNT: Final = f"SELECT count(*) FROM jackfield.leases WHERE {_NAMED}"
_GIVE: Final = """
    INSERT INTO jackfield.leases (organization, name, token, holder, expires_us)
    VALUES (%s, %s, %s, %s, %s)"""
_MINE: Final = f"{_NAMED} AND token = %s AND holder = %s"
_RENEW: Final = f"""
    UPDATE jackfield.leases SET expires_us = n.us + %s FROM (SELECT coalesce(%s::bigint, {_NOW}) AS us) n
    WHERE {_MINE} AND expires_us > n.us RETURNING expires_us"""
_RELEASE: Final = f"DELETE FROM jackfield.leases WHERE {_MINE} RETURNING token"
_HELD: Final = f"""
    SELECT holder, token, expires_us FROM jackfield.leases
    WHERE {_NAMED} AND expires_us > coalesce(%s::bigint, {_NOW}) ORDER BY token"""


class PostgresLeases:
    """Leases that everybody shares who shares the ledger's database.

    A lease is a row, and giving one is a transaction that holds the row of the name's fence: at no time
    are there more rows under a name than its limit. A row goes when it is released, or when somebody asks
    for a lease after it has expired, and never comes back; so its holder's `renew` fails from then on, and
    the next token is higher.

    Expiry is by the server's clock, asked for inside the transaction: machines need not agree on the
    time. If it steps back, leases last longer by the step; if it steps forward, they end early. Nothing
    stops a holder that does not look, which is why whatever it changes must be fenced: by the token, or by a
    revision (compare-and-set).
    """

    def __init__(self, database: OpenDatabase, clock: Clock | None = None) -> None:
        """Give leases in *database*, by the server's clock; by *clock* where a test moves the time."""
        self._database = database
        self._clock = clock

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        """Return a new lease, or None while *limit* others under that name have not expired."""
        check_terms(name, holder, lifetime, limit)
        named = organization.encode(), name.encode()

        def give(connection: Connection) -> Lease | None:
            token, now = self._fenced(connection, named)
            cleared = connection.execute(_CLEAR, (*named, now)).rowcount
            if _number(connection, _COUNT, named) >= limit:
                if not cleared:  # who asks again and again writes nothing
                    connection.execute("ROLLBACK")
                return None
            expires = now + lifetime // MICROSECOND
            connection.execute(_NEXT, (token + 1, *named))
            connection.execute(_GIVE, (*named, token + 1, holder.encode(), expires))
            return _lease(organization, name, (holder.encode(), token + 1, expires))

        return self._database.run(give)

    def _fenced(self, connection: Connection, named: tuple[bytes, bytes]) -> tuple[int, int]:
        """Begin a transaction alone under the name; return the token given last, and the time then."""
        while True:
            with connection.pipeline():
                connection.execute(BEGIN)
                fence = connection.execute(_FENCE, named, binary=True)
                asked = connection.execute(_ASK, binary=True)
            found, moment = fence.fetchone(), asked.fetchone()
            if found is not None and moment is not None:
                return found[0], moment[0] if self._clock is None else to_us(self._clock.now())
            connection.execute("ROLLBACK")
            connection.execute(_FIRST, named)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Return the lease with a new expiry, counted from now; raise `Conflict` if it was lost."""
        check_terms(lease.name, lease.holder, lifetime, 1)
        parameters = (lifetime // MICROSECOND, self._now(), *_key(lease))
        for (expires_us,) in self._database.rows(_RENEW, parameters):
            return evolve(lease, expires=from_us(expires_us))
        raise Conflict(
            "the lease has expired or was given back",
            place=f"lease {lease.name}",
            remedy="acquire another, and look at what was done meanwhile",
        )

    def release(self, lease: Lease) -> None:
        """Give it back; one that was lost or given back already is no error."""
        self._database.rows(_RELEASE, _key(lease))

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        """Return the leases under that name that have not expired, oldest first."""
        rows = self._database.rows(_HELD, (organization.encode(), name.encode(), self._now()))
        return tuple(_lease(organization, name, row) for row in rows)

    def _now(self) -> int | None:
        return None if self._clock is None else to_us(self._clock.now())


def _number(connection: Connection, sql: LiteralString, parameters: tuple[bytes, bytes]) -> int:
    row = connection.execute(sql, parameters).fetchone()
    return 0 if row is None else int(row[0])


def _lease(organization: Organization, name: str, row: Row) -> Lease:
    holder, token, expires_us = row
    return Lease(
        organization=organization, name=name, holder=holder.decode(), token=token, expires=from_us(expires_us)
    )


def _key(lease: Lease) -> tuple[bytes, bytes, int, bytes]:
    return lease.organization.encode(), lease.name.encode(), lease.token, lease.holder.encode()
