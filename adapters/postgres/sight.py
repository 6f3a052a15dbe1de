"""A look at the database, which makes and changes nothing in it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final

import psycopg
from attrs import frozen

from jackfield.adapters.postgres.addresses import address
from jackfield.adapters.postgres.connections import Connection, connect, end
from jackfield.adapters.postgres.failures import unavailable
from jackfield.adapters.postgres.schema import version
from jackfield.adapters.terms import from_us
from jackfield.domain.model.secrets import Secret

_TIME: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_SERVER: Final = """
    SELECT current_setting('server_version_num')::integer, current_setting('fsync') = 'on',
        has_database_privilege(current_database(), 'CREATE')"""
_RIGHTS: Final = """
    SELECT w.right_ || ' on jackfield.' || w.name
    FROM (VALUES ('heads', 'SELECT, INSERT, UPDATE'), ('subjects', 'SELECT, INSERT, UPDATE'),
        ('entries', 'SELECT, INSERT'), ('onces', 'SELECT, INSERT'), ('marks', 'SELECT, INSERT, DELETE'),
        ('fences', 'SELECT, INSERT, UPDATE'), ('leases', 'SELECT, INSERT, UPDATE, DELETE'))
        AS t (name, rights), unnest(string_to_array(t.rights, ', ')) AS r (right_),
        LATERAL (SELECT t.name, r.right_) AS w
    WHERE NOT has_table_privilege('jackfield.' || w.name, w.right_) ORDER BY 1"""
_OWNED: Final = """
    SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = to_regclass('jackfield.entries')"""
_ROUNDS: Final = 5


@frozen(kw_only=True)
class Sight:
    """What a database is like; `tables` is their version, None before the first opening.

    `lacking` are the rights that work needs and the role has not; `can_erase` says whether it owns the table
    of entries. `server_time` is from the middle of a call that took `latency`.
    """

    place: str
    server: int
    tables: int | None
    encrypted: bool
    local: bool
    syncs: bool
    can_make: bool
    can_erase: bool
    lacking: tuple[str, ...]
    latency: timedelta
    server_time: datetime


def look(url: Secret, patience: timedelta) -> Sight:
    """Connect, look and leave; raise `Unavailable`, or `InvalidInput` for a URL or tables that do not fit."""
    at = address(url)
    connection: Connection | None = None
    try:
        connection = connect(at, patience)
        tables = version(connection, at)
        server, syncs, can_make = connection.execute(_SERVER).fetchall()[0]
        return Sight(
            place=str(at),
            server=server,
            tables=tables,
            encrypted=connection.pgconn.ssl_in_use,
            local=_is_local(connection),
            syncs=syncs,
            can_make=can_make,
            can_erase=tables is None or bool(connection.execute(_OWNED).fetchall()[0][0]),
            lacking=() if tables is None else tuple(r for (r,) in connection.execute(_RIGHTS)),
            latency=_latency(connection),
            server_time=from_us(connection.execute(_TIME).fetchall()[0][0]),
        )
    except psycopg.Error as error:
        raise unavailable(error, at, changing=False) from error
    finally:
        end(connection)


def _is_local(connection: Connection) -> bool:
    """By a socket of this machine, or over its loopback."""
    return connection.info.host.startswith("/") or connection.info.hostaddr in ("", "127.0.0.1", "::1")


def _latency(connection: Connection) -> timedelta:
    """Return the shortest of a few round trips."""
    rounds = list[float]()
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        connection.execute("SELECT 1")
        rounds.append(time.perf_counter() - begun)
    return timedelta(seconds=min(rounds))
