"""Shares of the units: whole basis points, hundredths of a percent, 0 to 10,000."""

from __future__ import annotations

import re
from typing import Final

from jackfield.domain.model.errors import InvalidInput

WHOLE: Final = 10_000
"""All units, in basis points."""

_SHARE: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))? ?%", re.ASCII)
_REMEDY: Final = "write a percentage from 0% to 100% with at most two decimals, like 5% or 0.25%"


def parse_share(text: object, *, place: str = "share") -> int:
    """Return the basis points of a percentage such as `5%`, `0.5%` or `25 %`.

    Raises `InvalidInput` for anything else: a bare number might be meant as a fraction, and what is finer
    than a basis point would be rounded.
    """
    match = _SHARE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        shown = repr(text[:20]) if isinstance(text, str) else f"a value of type {type(text).__name__}"
        raise InvalidInput(f"{shown} is not a share", place=place, remedy=_REMEDY)
    whole, decimals = match.groups(default="")
    points = int(whole) * 100 + int(decimals.ljust(2, "0"))
    if points > WHOLE:
        raise InvalidInput(f"{match[0]} is more than all", place=place, remedy=_REMEDY)
    return points


def checked_share(points: object, *, place: str = "share") -> int:
    """Return *points* if they are whole basis points from 0 to 10,000; raise `InvalidInput` else."""
    if not isinstance(points, int) or isinstance(points, bool) or not 0 <= points <= WHOLE:
        raise InvalidInput("a share is 0 to 10,000 whole basis points", place=place, remedy=_REMEDY)
    return points


def share_text(points: int) -> str:
    """Return basis points as a percentage, without zeros at its end: `5%`, `0.25%`."""
    return f"{points / 100:.2f}".rstrip("0").rstrip(".") + "%"
