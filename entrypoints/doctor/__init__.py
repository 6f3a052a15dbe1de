"""Finding out why it does not work: checks, each on its own, each finding with its remedy."""

from __future__ import annotations

from jackfield.entrypoints.doctor.examination import Report, examine
from jackfield.entrypoints.doctor.findings import Finding, State

__all__ = ["Finding", "Report", "State", "examine"]
