"""The `[deliveries]` table: how long short commands deliver, and which hosts may be called."""

from __future__ import annotations

import re
from datetime import timedelta
from math import isfinite
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_MOST_LANES: Final = 64
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", re.ASCII)
_LONGEST_S: Final = 600.0


def _seconds(_instance: object, attribute: Any, value: float) -> None:
    if not isfinite(value) or not 0 <= value <= _LONGEST_S:
        raise InvalidInput(f"{attribute.name} is 0 to {_LONGEST_S:g}, not {value:g}")


def _lanes(_instance: object, attribute: Any, value: int) -> None:
    if not 1 <= value <= _MOST_LANES:
        raise InvalidInput(f"{attribute.name} is 1 to {_MOST_LANES}, not {value}")


def _hosts(_instance: object, attribute: Any, names: tuple[str, ...]) -> None:
    if not all(_HOST.fullmatch(name) for name in names):
        raise InvalidInput(f"{attribute.name} holds hosts' names as they stand in URLs, without brackets")


@frozen(kw_only=True)
class DeliveryRules:
    """How deliveries are made; `_s` are seconds. What is out of its range is `InvalidInput`, by its name."""

    deadline_s: float = field(default=2.0, validator=_seconds)
    lanes: int = field(default=8, validator=_lanes)
    allow: tuple[str, ...] = field(default=(), validator=_hosts)

    @property
    def deadline(self) -> timedelta:
        """For how long a short command begins deliveries before it exits."""
        return timedelta(seconds=self.deadline_s)
