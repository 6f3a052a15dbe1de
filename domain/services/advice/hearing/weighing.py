"""What happenings take in memory on their way into the log: texts of recommendations, above all."""

from __future__ import annotations

from collections.abc import Sequence
from sys import getsizeof
from typing import Final, TypeAlias

from jackfield.domain.model.advice.sifting import Accepted, Rejected
from jackfield.domain.services.advice.told import Delivery, Display, Happening, OnScreen
from jackfield.domain.services.rollouts.loads import Load

_HAPPENING: Final = 1_500
_EACH: Final = 600
"""What anything takes beside its texts, in bytes, roughly."""

_Part: TypeAlias = "Sequence[Accepted | Rejected | OnScreen]"


def load() -> Load[Happening, _Part]:
    """Return what sums that up; what is given several times as it was kept counts once."""
    return Load(_HAPPENING, _parts, weigh)


def _parts(happening: Happening) -> tuple[_Part, ...]:
    if isinstance(happening, Delivery):
        return happening.advised.accepted, happening.advised.rejected
    return (happening.shown,) if isinstance(happening, Display) else ()


def weigh(part: _Part) -> int:
    """Return how many bytes it takes, roughly."""
    size = 0
    for each in part:
        size += _EACH
        item = None if isinstance(each, OnScreen) else each.item
        if item is not None:
            size += getsizeof(item.content) + getsizeof(item.title)
    return size
