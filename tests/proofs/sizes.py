"""How large a proof is: small inside `make test`, full by `make proof`."""

from __future__ import annotations

import os
from typing import Final

FULL: Final = os.environ.get("JACKFIELD_PROOF") == "full"


def sized(small: int, *, full: int) -> int:
    """Return *full* if JACKFIELD_PROOF=full, else *small*."""
    return full if FULL else small
