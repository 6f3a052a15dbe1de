"""Rollouts: a version goes to a share, is compared, and goes on, waits, or is taken back."""

from __future__ import annotations

from jackfield.domain.services.rollouts import figures
from jackfield.domain.services.rollouts.changes import ActingRollouts
from jackfield.domain.services.rollouts.reads import Rollouts
from jackfield.domain.services.rollouts.values import Heard, RolloutStatus, Stepped

__all__ = ["ActingRollouts", "Heard", "RolloutStatus", "Rollouts", "Stepped", "figures"]
