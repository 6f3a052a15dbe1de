"""A rollout by halves, and one whose version has proven itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.services.rollouts import ActingRollouts
from tests.unit.services.conftest import NAME

HOUR = timedelta(hours=1)
GUARD = Guard(success_margin=0.06)


@pytest.fixture
def halves(rollouts: ActingRollouts) -> ActingRollouts:
    """1.1.0 is at 50 %, and goes live with the next step forward."""
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"), guard=GUARD)
    return rollouts
