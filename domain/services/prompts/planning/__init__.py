"""Folders of prompts: what would have to be done, and doing it."""

from __future__ import annotations

from jackfield.domain.services.prompts.planning.outcomes import Outcome, Result
from jackfield.domain.services.prompts.planning.values import (
    Do,
    Hold,
    Notice,
    Plan,
    PromptPlan,
    Seen,
    Standing,
    Step,
    Why,
    Wish,
)

__all__ = [
    "Do",
    "Hold",
    "Notice",
    "Outcome",
    "Plan",
    "PromptPlan",
    "Result",
    "Seen",
    "Standing",
    "Step",
    "Why",
    "Wish",
]
