"""What tests of every kind are given: a database on a PostgreSQL server, where there is one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server on which databases may be made."""
    pytest.importorskip("psycopg")
    from tests import servers

    with servers.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of a database of this test process alone."""
    from tests import servers

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with servers.database(postgres_server, f"jackfield_{worker}_{secrets.token_hex(4)}") as url:
        yield url


@pytest.fixture
def postgres(postgres_database: str) -> Iterator[str]:
    """The URL of a database without a ledger in it."""
    from tests import servers

    yield postgres_database
    servers.empty(postgres_database)
