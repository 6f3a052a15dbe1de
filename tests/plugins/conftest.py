"""The fixtures of the public door, as those who test their plugins have them; and one that hangs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jackfield.testing import clock, core, faults, open_core, simulator, simulator_url
from tests.plugins.harm import Forever

__all__ = ["clock", "core", "faults", "forever", "open_core", "simulator", "simulator_url"]


@pytest.fixture
def forever() -> Iterator[Forever]:
    """What hangs until the test is over."""
    forever = Forever()
    yield forever
    forever.over.set()
