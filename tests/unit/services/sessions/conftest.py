"""What tests of living sessions are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.services.sessions.actors import Shop
from tests.unit.services.sessions.actors import shop as opened


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """One process, and a bot that may have two sessions."""
    with opened(tmp_path) as there:
        yield there
