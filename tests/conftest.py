"""What tests of every kind are given: the same examples, a quick disk, a database where there is a server."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.proofs.sizes import FULL

settings.register_profile(
    "same",  # the same code is given the same examples, on any machine
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=(HealthCheck.too_slow,),  # it asks how busy the machine is
)
settings.register_profile("new", settings.get_profile("same"), derandomize=False)
settings.load_profile("new" if FULL else "same")


_MEMORY: Final = "/dev/shm"  # noqa: S108  # as in /tmp, pytest makes folders of its user there
_ROOM_BYTES: Final = 2 * 1024**3
"""Far more than one whole run leaves behind."""


def _has_room(folder: str) -> bool:
    """Whether programs may be put there, and enough of them."""
    try:
        return not os.statvfs(folder).f_flag & os.ST_NOEXEC and shutil.disk_usage(folder).free > _ROOM_BYTES
    except OSError:
        return False


# A ledger waits for the disk at each commit, and no test can tell whether it did: power cuts have a disk of
# their own. So the folders of tests are in memory, where there is room and nobody has said where they are.
if "TMPDIR" not in os.environ and _has_room(_MEMORY):
    os.environ["TMPDIR"] = _MEMORY
    tempfile.tempdir = None  # it may have been looked up before


def _no_constants() -> Constants:
    """Draw nothing from the modules that happen to be loaded: these are the work of the tests before.

    Hypothesis would, and examples would depend on the order of the tests; no setting turns it off.
    """
    return Constants()


providers._get_local_constants = _no_constants


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
