"""The leases in PostgreSQL do what leases must do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.postgres import PostgresLeases, PostgresLedger
from jackfield.adapters.testing.leases import LeasesContract, OpenLeases
from jackfield.domain.model.secrets import Secret


class TestPostgresLeases(LeasesContract):
    @pytest.fixture
    def open_leases(self, postgres: str, clock: FrozenClock) -> Iterator[OpenLeases]:
        with ExitStack() as stack:

            def opened() -> PostgresLeases:
                ledger = stack.enter_context(PostgresLedger(Secret(postgres)))
                return PostgresLeases(ledger.database, clock)

            yield opened
