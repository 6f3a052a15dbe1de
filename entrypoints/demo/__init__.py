"""Stories that show what Jackfield does, on the embedded simulator and a moved clock."""

from __future__ import annotations

from jackfield.entrypoints.demo.prompts import tell
from jackfield.entrypoints.demo.stage import Stage

__all__ = ["Stage", "tell"]
