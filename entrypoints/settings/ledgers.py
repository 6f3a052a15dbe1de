"""Where a target's ledger is: in the file, or in a variable that the file names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.settings.file import Target
from jackfield.entrypoints.settings.values import Sourced

SHARED: Final = ("postgresql", "postgres")
"""What the URL of a PostgreSQL ledger begins with; no plugin's ledger has these names."""


def find_ledger(name: str, table: Target, environ: Mapping[str, str], source: str) -> Sourced[Secret | None]:
    """Return the ledger's address, None for SQLite in the state folder; raise `InvalidInput`.

    A shared ledger needs `organization`: by default it holds the target's name or the client's id, and two
    machines that differ in it would begin two chains in one database.
    """
    found = _found(name, table, environ, source)
    if found.value is not None and is_shared(found.value) and table.organization is None:
        raise InvalidInput(
            "machines that share a ledger need the same organization",
            place=f"targets.{name}.organization",
            remedy="set it to a name of your choice, the same on every machine, and keep it",
        )
    return found


def is_shared(address: Secret) -> bool:
    """Say whether it is the URL of a PostgreSQL database, rather than of a plugin's ledger."""
    scheme, colon, _ = address.reveal().partition("://")
    return bool(colon) and scheme in SHARED


def ledger_key(table: Target) -> str:
    """Return the key of the table that the ledger's address comes from."""
    return "ledger" if table.ledger_env is None else "ledger_env"


def _found(name: str, table: Target, environ: Mapping[str, str], source: str) -> Sourced[Secret | None]:
    if table.ledger_env is None:
        return Sourced(None if table.ledger is None else Secret(table.ledger), source)
    if table.ledger is not None:
        raise InvalidInput(
            "the target names its ledger, and a variable that holds it",
            place=f"targets.{name}.ledger_env",
            remedy="remove one of ledger and ledger_env",
        )
    if not environ.get(table.ledger_env):
        raise InvalidInput(
            f"the environment has no {table.ledger_env[:80]!r}, which holds the address of the ledger",
            place=f"targets.{name}.ledger_env",
            remedy="set it, such as to postgresql://USER:PASSWORD@HOST/DATABASE",
        )
    return Sourced(Secret(environ[table.ledger_env]), table.ledger_env)
