"""The leases in SQLite do what leases must do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.leases import LeasesContract, OpenLeases


class TestSqliteLeases(LeasesContract):
    @pytest.fixture
    def open_leases(self, tmp_path: Path, clock: FrozenClock) -> Iterator[OpenLeases]:
        with ExitStack() as stack:

            def opened() -> SqliteLeases:
                ledger = stack.enter_context(SqliteLedger(tmp_path / "state" / "ledger.db"))
                return SqliteLeases(ledger.file, clock)

            yield opened
