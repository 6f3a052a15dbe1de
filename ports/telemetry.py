"""Where measurements and progress go: to whoever listens, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.progress import Progress

Measure: TypeAlias = Callable[[Measurement], None]
"""Hears of a measurement, on the thread that made it; never raises, never blocks for long."""

Report: TypeAlias = Callable[[Progress], None]
"""Hears how far a long piece of work has come, on the thread that does it; never raises."""


def unheard(_: Measurement | Progress) -> None:
    """Let it go: nobody listens."""
