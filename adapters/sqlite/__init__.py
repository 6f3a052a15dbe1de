"""Ledger and leases in one SQLite file, for any number of threads and processes of one machine."""

from __future__ import annotations

from jackfield.adapters.sqlite.copies import copy
from jackfield.adapters.sqlite.leases import SqliteLeases
from jackfield.adapters.sqlite.ledger import SqliteLedger

__all__ = ["SqliteLeases", "SqliteLedger", "copy"]
