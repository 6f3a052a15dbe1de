"""A record that machines share: in a PostgreSQL database."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.lazy import Lazy, LazyLeases, LazyLedger
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.parts.storing import Store, Verify
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.postgres import PostgresLeases, PostgresLedger

MOST_OFF: Final = timedelta(seconds=15)
"""Two machines are at most twice as far apart: what one has under way, no other takes for left over."""


def postgres_store(address: Secret, clock: Clock, *, place: str) -> Store:
    """Keep it in the database at *address*; it is opened when it is first needed.

    Leases go by the server's clock, unless *clock* is one that a test moves. Raises `InvalidInput` where the
    extra is not installed.
    """
    refuse_missing_extra(place)
    lazy = Lazy(lambda: _opened(address, clock, place), clock)
    return Store(
        ledger=LazyLedger(lazy), leases=LazyLeases(lambda: _leases(lazy.opened(), clock)), copy=_no_copy
    )


def refuse_missing_extra(place: str) -> None:
    """Raise `InvalidInput` that says what to install, unless psycopg is there."""
    try:
        import_module("psycopg")
    except ImportError:
        raise InvalidInput(
            "a PostgreSQL ledger needs psycopg, which is not installed",
            place=place,
            remedy="pip install 'jackfield[postgres]'",
        ) from None


def skew(server_time: datetime, clock: Clock) -> str | None:
    """Say how far this machine's clock is off the server's, which was just asked, if that is too far."""
    off = clock.now() - server_time
    if abs(off) <= MOST_OFF:
        return None
    way = "ahead of" if off > timedelta() else "behind"
    return f"this machine's clock is {abs(off).total_seconds():.0f} s {way} the database server's"


def _opened(address: Secret, clock: Clock, place: str) -> PostgresLedger:
    from jackfield.adapters.postgres import PostgresLedger

    try:
        ledger = PostgresLedger(address)
    except InvalidInput as error:
        error.place = place if error.place == "ledger" else error.place  # the key of the settings
        raise
    try:
        if isinstance(clock, SystemClock):
            _refuse_skew(ledger, clock)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _refuse_skew(ledger: PostgresLedger, clock: Clock) -> None:
    said = skew(ledger.database.time(), clock)
    if said is not None:
        raise Unavailable(
            f"{said}; nothing was changed",
            place=str(ledger.database.address),
            remedy="set both by NTP: by the time, a change under way is told from one that was left over",
        )


def _leases(ledger: PostgresLedger, clock: Clock) -> PostgresLeases:
    from jackfield.adapters.postgres import PostgresLeases

    return PostgresLeases(ledger.database, None if isinstance(clock, SystemClock) else clock)


def _no_copy(_path: Path, _verify: Verify) -> NoReturn:
    raise InvalidInput(
        "a PostgreSQL ledger is not copied by us",
        place="backup",
        remedy="use the server's own means, such as pg_dump --schema=jackfield --format=custom --file=FILE",
    )
