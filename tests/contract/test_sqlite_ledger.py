"""The SQLite ledger does what every ledger must do."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.ledger import LedgerContract
from jackfield.adapters.testing.shared_ledger import OpenLedger


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def open_ledger(self, tmp_path: Path) -> OpenLedger:
        return lambda: SqliteLedger(tmp_path / "state" / "ledger.db")
