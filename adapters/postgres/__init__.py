"""Ledger and leases in a PostgreSQL database, for any number of processes on any number of machines."""

from __future__ import annotations

from jackfield.adapters.postgres.leases import PostgresLeases
from jackfield.adapters.postgres.ledger import PostgresLedger

__all__ = ["PostgresLeases", "PostgresLedger"]
