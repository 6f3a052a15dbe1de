"""What a benchmark reports."""

from __future__ import annotations

from attrs import frozen


@frozen
class Row:
    """One figure: what was measured, and what is to be reached."""

    what: str
    measured: float
    unit: str
    reach: str
