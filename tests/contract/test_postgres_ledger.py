"""The PostgreSQL ledger does what every ledger must do."""

from __future__ import annotations

import pytest

from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.testing.ledger import LedgerContract
from jackfield.adapters.testing.shared_ledger import OpenLedger
from jackfield.domain.model.secrets import Secret


class TestPostgresLedger(LedgerContract):
    @pytest.fixture
    def open_ledger(self, postgres: str) -> OpenLedger:
        return lambda: PostgresLedger(Secret(postgres))
