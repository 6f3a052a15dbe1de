"""Asking whether a version may go live."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jackfield.domain.model.reviews import Candidate, Finding

Review: TypeAlias = Callable[[Candidate], tuple[Finding, ...]]
"""Returns what the reviewers say; never raises: a reviewer that cannot answer is a finding that blocks."""
