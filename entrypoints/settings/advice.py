"""The `[advice]` table: what is good enough for an agent, how long an answer holds, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import isfinite
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from jackfield.adapters.strict import decode
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.advice.making import Rules
from jackfield.domain.services.advice.values import LONGEST, SHORTEST, Holding
from jackfield.entrypoints.settings.values import AdviceTable

_Check: TypeAlias = Callable[[object, Any, float | None], None]

_DAY_S: Final = 86_400.0
_MIB: Final = 2**20
_DEADLINES_S: Final = (SHORTEST.total_seconds(), LONGEST.total_seconds())


def _within(least: float, most: float) -> _Check:
    def check(_instance: object, attribute: Any, value: float | None) -> None:
        if value is not None and (not isfinite(value) or not least <= value <= most):
            raise InvalidInput(f"{attribute.name} is {least:.15g} to {most:.15g}, not {value:.15g}")

    return check


def _named(_instance: object, attribute: Any, value: str) -> None:
    if not value.strip():
        raise InvalidInput(f"{attribute.name} is empty; write disk, memory, none or the name of a plugin's")


@frozen(kw_only=True)
class AdviceRules:
    """How advice is given; `_s` are seconds. A number out of its range is `InvalidInput`, which names it."""

    relevance: float = field(default=0.80, validator=_within(0.0, 1.0))
    age_days: float = field(default=7.0, validator=_within(0.0, 36_500.0))
    skew_s: float = field(default=300.0, validator=_within(0.0, _DAY_S))
    wanted: int = field(default=5, validator=_within(1, 100))
    deadline_s: float = field(default=5.0, validator=_within(*_DEADLINES_S))
    fresh_s: float = field(default=120.0, validator=_within(0.0, _DAY_S))
    stale_s: float = field(default=600.0, validator=_within(0.0, _DAY_S))
    negative_s: float = field(default=15.0, validator=_within(0.0, _DAY_S))
    revalidate_s: float | None = field(default=None, validator=_within(0.0, _DAY_S))
    cache: str = field(default="disk", validator=_named)
    cache_bytes: int = field(default=64 * _MIB, validator=_within(_MIB, 4096 * _MIB))
    memory_entries: int = field(default=2_000, validator=_within(0, 1_000_000))
    memory_bytes: int = field(default=16 * _MIB, validator=_within(0, 4096 * _MIB))
    threads: int = field(default=16, validator=_within(1, 1_000))
    waiting: int = field(default=240, validator=_within(0, 100_000))
    agent_label: bool = True
    durable_events: bool = False

    @property
    def rules(self) -> Rules:
        """How advice is given, as its service takes it."""
        return Rules(
            sieve=Sieve(
                relevance=self.relevance,
                age=timedelta(days=self.age_days),
                skew=timedelta(seconds=self.skew_s),
                wanted=self.wanted,
            ),
            holding=Holding(
                fresh=timedelta(seconds=self.fresh_s),
                stale=timedelta(seconds=self.stale_s),
                negative=timedelta(seconds=self.negative_s),
                revalidate=None if self.revalidate_s is None else timedelta(seconds=self.revalidate_s),
            ),
            deadline=timedelta(seconds=self.deadline_s),
            agents=self.agent_label,
            durable=self.durable_events,
            entries=self.memory_entries,
            bytes=self.memory_bytes,
            threads=self.threads,
            waiting=self.waiting,
        )


def advice_rules(said: AdviceTable) -> AdviceRules:
    """Return the rules of a target; raise `InvalidInput` for a table that does not fit."""
    return decode(dict(said.table), AdviceRules, place=f"{said.source}, advice")
