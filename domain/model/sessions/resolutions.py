"""What became of sessions, by the definitions of `conversations.md`; of nothing there is no rate, never 0.

Sessions are read once, in any order, and only counts are kept; but for the return within 24 hours, which
takes 32 bytes a session until the end (`returns`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import compress
from operator import add
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from attrs import define, field

from jackfield.domain.model.evidence.histograms import Histogram, bucket
from jackfield.domain.model.sessions.batches import NONE, Batch, Facts
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.figures import By, Figures, Group, Report
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.returns import RETURN, Returns

K = TypeVar("K", bound=str)

MOST_GROUPS: Final = 1_000
OTHER: Final = "other"
"""Takes the sessions of further groups, once there are 1,000."""
_MS: Final = 1_000
_DAY_S: Final = 86_400
_US_S: Final = 1_000_000
_US_MS: Final = 1_000
_DAY_US: Final = _DAY_S * _US_S
_EPOCH: Final = date(1970, 1, 1)


def report(outcomes: Iterable[Outcome], *, until: datetime, by: By | None = None) -> Report:
    """Sum *outcomes* up as of *until*; each session is to be told once."""
    fold = _Fold(by=by, settled_before=(until - RETURN).timestamp())
    for outcome in outcomes:
        fold.add(outcome)
    return fold.report()


def report_of(
    batches: Iterable[Batch],
    *,
    until: datetime,
    by: By | None = None,
    bot: str | None = None,
    still: Iterable[tuple[int, int]] = (),
) -> Report:
    """Sum whole *batches* up as `report` does with their sessions, in a fraction of the time.

    Counted are those of *bot* alone, if given; a customer comes back to any. *still* are the sessions that
    are not over: a customer's number, as batches have it, and when it began, in microseconds of the epoch.
    """
    fold = _Fold(by=by, settled_before=(until - RETURN).timestamp())
    for batch in batches:
        counted, others = batch.parted(bot)
        fold.take(counted)
        fold.see(others.customers, others.started)
    open_ = list(still)
    fold.see([customer for customer, _ in open_], [us for _, us in open_])
    return fold.report()


class _Shape(NamedTuple):
    """All of a session that is counted and not measured: there are few different ones."""

    spoken: bool
    handed: bool
    resolution: Resolution
    holder: Holder
    reason: EndReason
    escalation: str | None


_Key: TypeAlias = str | int | None
"""A group's name, or the number of a day."""


@define(eq=False)
class _Cell:
    """The sums of some sessions; shapes are plain tuples while they are counted, which is quicker."""

    shapes: Counter[tuple[Any, ...]] = field(factory=Counter[tuple[Any, ...]])
    durations: Counter[int] = field(factory=Counter[int])
    terminations: Counter[int] = field(factory=Counter[int])
    settled: int = 0
    functional: int = 0

    def merge(self, other: _Cell) -> None:
        self.shapes.update(other.shapes)
        self.durations.update(other.durations)
        self.terminations.update(other.terminations)
        self.settled += other.settled
        self.functional += other.functional

    def figures(self) -> Figures:
        shapes = [(_Shape(*shape), count) for shape, count in self.shapes.items()]

        def count(holds: Callable[[_Shape], bool]) -> int:
            return sum(count for shape, count in shapes if holds(shape))

        sessions, handed = self.shapes.total(), count(lambda shape: shape.handed)
        spoken = count(lambda shape: shape.spoken)
        durations, ends = Histogram.counted(self.durations), Histogram.counted(self.terminations)
        return Figures(
            sessions=sessions,
            spoken=spoken,
            settled=self.settled,
            containment=_rate(count(lambda shape: shape.spoken and not shape.handed), spoken),
            functional_containment=_rate(self.functional, self.settled),
            escalation_rate=_rate(handed, sessions),
            abandonment_bot=_rate(count(lambda shape: _left(shape, Holder.BOT)), sessions),
            abandonment_queue=_rate(count(lambda shape: shape.handed and _left(shape, Holder.QUEUE)), handed),
            resolution_rate=_rate(count(lambda shape: shape.resolution is Resolution.RESOLVED), sessions),
            duration_p50_ms=durations.quantile(0.5),
            duration_p95_ms=durations.quantile(0.95),
            termination_p50_ms=ends.quantile(0.5),
            termination_p95_ms=ends.quantile(0.95),
            end_reasons=_sums((shape.reason, count) for shape, count in shapes),
            escalation_reasons=_sums(
                (shape.escalation, count) for shape, count in shapes if shape.handed and shape.escalation
            ),
        )


@define(eq=False)
class _Fold:
    """A report in the making: one cell for each combination of groups, merged at the end."""

    by: By | None
    settled_before: float
    _numbers: dict[tuple[_Key, ...], int] = field(factory=dict[tuple[_Key, ...], int], init=False)
    _cells: list[_Cell] = field(factory=list[_Cell], init=False)
    _groups: dict[str | None, list[int]] = field(factory=dict[str | None, list[int]], init=False)
    _returns: Returns = field(factory=Returns, init=False)

    def add(self, outcome: Outcome) -> None:
        started, ended = outcome.started.timestamp(), outcome.ended.timestamp()
        number = self._number(() if self.by is None else _KEYS[self.by](outcome, started))
        cell = self._cells[number]
        cell.shapes[_shape(outcome)] += 1
        cell.durations[bucket((ended - started) * _MS)] += 1
        if outcome.termination is not None:
            cell.terminations[bucket(outcome.termination.total_seconds() * _MS)] += 1
        if outcome.customer is not None:
            settled = outcome.messages > 0 and ended <= self.settled_before
            cell.settled += settled
            wanted = settled and outcome.handoffs == 0 and outcome.resolution is Resolution.RESOLVED
            self._returns.add(outcome.customer, started, ended, number if wanted else None)

    def take(self, batch: Batch) -> None:
        """Add every session of *batch*: what is equal is counted first, and added at once."""
        shapes = [_shape_of(facts) for facts in batch.facts]
        numbers = self._numbered(batch)
        for (number, kind), count in Counter(zip(numbers, batch.kinds, strict=True)).items():
            self._cells[number].shapes[shapes[kind]] += count
        durations = [bucket(us / _US_MS) for us in batch.lasted]
        for (number, index), count in Counter(zip(numbers, durations, strict=True)).items():
            self._cells[number].durations[index] += count
        ends = [NONE if us < 0 else bucket(us / _US_MS) for us in batch.terminations]
        for (number, index), count in Counter(zip(numbers, ends, strict=True)).items():
            if index != NONE:
                self._cells[number].terminations[index] += count
        self._returned(batch, numbers)

    def see(self, customers: Sequence[int], started: Sequence[int]) -> None:
        """Take sessions that count nothing, but for the return of their customers."""
        times = [us / _US_S for us in started]
        self._returns.extend(customers, times, times, [NONE] * len(times))

    def _numbered(self, batch: Batch) -> Sequence[int]:
        """Return the number of each session's cell."""
        if self.by is By.DAY:
            days = [us // _DAY_US for us in batch.started]
            of_day = {day: self._number((day,)) for day in dict.fromkeys(days)}
            return [of_day[day] for day in days]
        key = _FACT_KEYS[self.by]
        used = dict.fromkeys(batch.kinds)
        of_kind = {kind: self._number(key(batch.facts[kind])) for kind in used}
        return [of_kind[kind] for kind in batch.kinds]

    def _returned(self, batch: Batch, numbers: Sequence[int]) -> None:
        ended = [us / _US_S for us in map(add, batch.started, batch.lasted)]
        spoken = [facts.spoken for facts in batch.facts]
        good = [not facts.handed and facts.resolution is Resolution.RESOLVED for facts in batch.facts]
        rows = zip(ended, batch.kinds, batch.customers, strict=True)
        settled = [at <= self.settled_before and spoken[k] and c != NONE for at, k, c in rows]
        for number, count in Counter(compress(numbers, settled)).items():
            self._cells[number].settled += count
        counters = [
            number if counts and good[kind] else NONE
            for number, counts, kind in zip(numbers, settled, batch.kinds, strict=True)
        ]
        self._returns.extend(batch.customers, [us / _US_S for us in batch.started], ended, counters)

    def report(self) -> Report:
        for number in self._returns.without():
            self._cells[number].functional += 1
        ordered = sorted(self._groups, key=lambda key: (key is not None, key or ""))
        return Report(
            whole=_merged(self._cells).figures(),
            groups=tuple(Group(key=key, figures=self._group(key).figures()) for key in ordered),
        )

    def _group(self, key: str | None) -> _Cell:
        return _merged(self._cells[number] for number in self._groups[key])

    def _number(self, keys: tuple[_Key, ...]) -> int:
        """Return the number of the cell that counts the sessions of these groups."""
        number = self._numbers.get(keys)
        if number is None:
            names = tuple(dict.fromkeys(map(self._known, keys)))
            number = self._numbers.get(names)
            number = self._added(names) if number is None else number
            if OTHER not in names:
                self._numbers[keys] = number
        return number

    def _added(self, names: tuple[str | None, ...]) -> int:
        number = self._numbers[names] = len(self._cells)
        self._cells.append(_Cell())
        for name in names:
            self._groups.setdefault(name, []).append(number)
        return number

    def _known(self, key: _Key) -> str | None:
        name = (_EPOCH + timedelta(days=key)).isoformat() if isinstance(key, int) else key
        return name if name in self._groups or len(self._groups) < MOST_GROUPS else OTHER


def _shape(outcome: Outcome) -> tuple[Any, ...]:
    return (
        outcome.messages > 0,
        outcome.handoffs > 0,
        outcome.resolution,
        outcome.holder,
        outcome.reason,
        outcome.escalation,
    )


def _shape_of(facts: Facts) -> tuple[Any, ...]:
    return (
        facts.spoken,
        facts.handed,
        facts.resolution,
        facts.holder,
        facts.reason,
        facts.escalation,
    )


def _merged(cells: Iterable[_Cell]) -> _Cell:
    whole = _Cell()
    for cell in cells:
        whole.merge(cell)
    return whole


def _sums(counts: Iterable[tuple[K, int]]) -> Mapping[K, int]:
    sums = Counter[K]()
    for key, count in counts:
        sums[key] += count
    return MappingProxyType(dict(sorted(sums.items())))


def _left(shape: _Shape, holder: Holder) -> bool:
    return shape.resolution is Resolution.ABANDONED and shape.holder is holder


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


_KEYS: Final[Mapping[By, Callable[[Outcome, float], tuple[_Key, ...]]]] = {
    By.BOT: lambda outcome, _: (outcome.bot,),
    By.INTENT: lambda outcome, _: (outcome.intent,),
    By.VERSION: lambda outcome, _: outcome.versions or (None,),
    By.DAY: lambda _, started: (int(started // _DAY_S),),
}

_FACT_KEYS: Final[Mapping[By | None, Callable[[Facts], tuple[_Key, ...]]]] = {
    None: lambda _: (),
    By.BOT: lambda facts: (facts.bot,),
    By.INTENT: lambda facts: (facts.intent,),
    By.VERSION: lambda facts: facts.versions or (None,),
}
"""As `_KEYS`; but for the day, which sessions have in common with others of that day alone."""
