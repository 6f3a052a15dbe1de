"""How often a process of the command looks for garbage."""

from __future__ import annotations

import gc
from typing import Final

_USUAL: Final = gc.get_threshold()
_SELDOM: Final = (20_000, 10, 10)


def collect_seldom() -> None:
    """Nothing that is loaded is garbage: as usual, looking for some takes a tenth of a short command."""
    gc.set_threshold(*_SELDOM)


def collect_as_usual() -> None:
    """Undo it, for a process that stays."""
    gc.set_threshold(*_USUAL)
