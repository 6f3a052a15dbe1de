"""A PostgreSQL ledger: whether it is reached, what the server is, what we may do there, and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.doctor.findings import Finding, failed, ok, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.parts.sharing import refuse_missing_extra, skew

if TYPE_CHECKING:
    from jackfield.adapters.postgres.sight import Sight

_PATIENCE: Final = timedelta(seconds=3)
_OLDEST: Final = 140_000
_MILLISECOND: Final = timedelta(milliseconds=1)


def database(address: Secret, patient: Patient) -> tuple[list[Finding], bool]:
    """Look at the server, and say whether there is a ledger that can be worked with; it is not made."""
    refuse_missing_extra(f"targets.{patient.settings.target}.ledger")
    from jackfield.adapters.postgres.sight import look

    sight = look(address, _PATIENCE)
    trouble = [*_troubles(sight, patient)]
    made = "its tables are there" if sight.tables else "no tables yet: the first command makes them"
    round_trip = f"a round trip takes {sight.latency / _MILLISECOND:.1f} ms"
    told = f"{sight.place} answers, PostgreSQL {sight.server // 10_000}, {round_trip}; {made}"
    return [ok("ledger", told), *trouble, *warnings(sight)], bool(sight.tables) and not trouble


def _troubles(sight: Sight, patient: Patient) -> Iterator[Finding]:
    if sight.lacking or (not sight.tables and not sight.can_make):
        lacking = ", ".join(sight.lacking) or "CREATE on the database, to make the schema 'jackfield'"
        yield _failed(sight, f"the role lacks rights: {lacking}", "grant them to the role")
    off = skew(sight.server_time, patient.clock)
    if off is not None:
        yield _failed(sight, off, "set both by NTP; until then nothing opens the ledger")


def warnings(sight: Sight) -> Iterator[Finding]:
    """Tell what works, and may not for long."""
    if sight.server < _OLDEST:
        yield _warning(f"the server is PostgreSQL {sight.server // 10_000}", "upgrade it to 14 or later")
    if not sight.encrypted and not sight.local:
        yield _warning("the connection is not encrypted", "add ?sslmode=verify-full to the URL")
    if not sight.syncs:
        yield _warning("fsync is off: a crash of the server loses what was acknowledged", "turn it on")
    if not sight.can_erase:
        yield _warning("the role does not own the table of entries", "erase payloads as its owner")


def _warning(found: str, remedy: str) -> Finding:
    return warning("ledger", found, remedy)


def _failed(sight: Sight, found: str, remedy: str) -> Finding:
    return failed("ledger", Unavailable(found, place=sight.place, remedy=remedy))
