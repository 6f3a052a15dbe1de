"""The `[live]` table: how old an answer may be, and where the last known ones are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import isfinite
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.freshness import Patience

_Check: TypeAlias = Callable[[object, Any, float], None]

_DAY_S: Final = 86_400.0
_MIB: Final = 2**20


def _within(least: float, most: float) -> _Check:
    def check(_instance: object, attribute: Any, value: float) -> None:
        if not isfinite(value) or not least <= value <= most:
            raise InvalidInput(f"{attribute.name} is {least:.15g} to {most:.15g}, not {value:.15g}")

    return check


def _named(_instance: object, attribute: Any, value: str) -> None:
    if not value.strip():
        raise InvalidInput(f"{attribute.name} is empty; write disk, memory, none or the name of a plugin's")


@frozen(kw_only=True)
class LiveRules:
    """How `live` answers; `_s` are seconds. A number out of its range is `InvalidInput`, which names it."""

    fresh_s: float = field(default=0.5, validator=_within(0.0, 60.0))
    stale_s: float = field(default=60.0, validator=_within(0.0, _DAY_S))
    wait_s: float = field(default=0.2, validator=_within(0.0, 60.0))
    cache: str = field(default="disk", validator=_named)
    cache_bytes: int = field(default=16 * _MIB, validator=_within(_MIB, 4096 * _MIB))
    platform: bool = False
    platform_fresh_s: float = field(default=30.0, validator=_within(0.5, _DAY_S))

    @property
    def fresh(self) -> timedelta:
        """How long an answer of our record is used unasked."""
        return timedelta(seconds=self.fresh_s)

    @property
    def platform_fresh(self) -> timedelta:
        """How long an answer of the platform is used unasked, by all processes of this state folder."""
        return timedelta(seconds=self.platform_fresh_s)

    @property
    def patience(self) -> Patience:
        """How long one waits, and for what."""
        return Patience(
            pause=max(self.fresh, timedelta(seconds=0.5)),
            stale=timedelta(seconds=self.stale_s),
            wait=timedelta(seconds=self.wait_s),
        )
