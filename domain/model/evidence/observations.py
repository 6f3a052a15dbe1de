"""One outcome a unit: observations are folded into sums, and what is remembered of each unit is small.

What counts, and why the bets stay fair:

- A unit belongs to the step and the arm of its first exposure. Within a step its arm is a coin toss by hash,
  independent of everything the unit does. After a ramp some units change sides; what they do there is
  not counted, because only those who come back would be moved, and who comes back may depend on how it went.
- The turns of a conversation make one outcome: a failed turn fails it, at once and for good; a success is
  final when the conversation ends, or when it has been quiet for long (`settle`). Its latency is the
  slowest turn's, its tokens are those of all turns.
- A unit seen in both arms of one step (two ids, a changed salt) is taken out again, with what it gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import evolve, field, frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.histograms import Histogram, bucket
from jackfield.domain.model.evidence.tallies import STEPS, Evidence, Skipped, StepTally, Sums, Tally
from jackfield.domain.model.fields import aware
from jackfield.domain.model.kept import State

SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""
_LONGEST_MS: Final = 86_400_000
_MOST_TOKENS: Final = 1_000_000
"""Of one unit: squares of a million units still fit 64 bits."""


class Note(StrEnum):
    """What became of one observation; the reasons of `Skipped`, and two that are no skip."""

    COUNTED = "counted"
    OPEN = "open"
    REPEATED = "repeated"
    CONTRADICTED = "contradicted"
    OTHER_STEP = "other_step"
    TWO_ARMS = "two_arms"
    EXCLUDED = "excluded"
    EARLY = "early"
    FUTURE = "future"
    NOT_COMPARED = "not_compared"
    MALFORMED = "malformed"
    UNSURE = "unsure"
    GRADED = "graded"
    UNREAD = "unread"


@frozen(kw_only=True)
class Observation:
    """What a program or the platform says of one turn or one conversation.

    `unit` is the unit's key. `arm`, `step` and `exposed` (when the conversation was given its version) are
    the decision's. `ended` is False for a turn that others may follow. Numbers are taken as they come;
    `fold` sorts out what cannot be counted. `left` says why it cannot, where its source knows that; its unit
    is remembered then, so that it is left out once.
    """

    unit: str
    arm: Arm | None
    step: int
    exposed: datetime = field(validator=aware)
    at: datetime = field(validator=aware)
    success: bool | None = None
    latency_ms: float | None = None
    tokens: int | None = None
    ended: bool = True
    left: Note | None = None


class Fate(StrEnum):
    """What became of a unit: it may still say more, it has been counted, or it counts no more."""

    OPEN = "open"
    COUNTED = "counted"
    EXCLUDED = "excluded"


@frozen(kw_only=True)
class Seen(State):
    """All that must be kept of one unit, under its key, as long as the rollout runs.

    One that was left out has no arm.
    """

    arm: Arm | None
    step: int
    last: datetime
    fate: Fate = Fate.OPEN
    success: bool | None = None
    latency_ms: float | None = None
    tokens: int | None = None


@frozen(kw_only=True)
class Folded:
    """What a batch adds: evidence to merge, units to remember, and a note for each observation, in order.

    The three are committed together, or a repeated batch would count twice.
    """

    evidence: Evidence
    seen: Mapping[str, Seen]
    notes: tuple[Note, ...] = ()


def fold(observations: Iterable[Observation], seen: Mapping[str, Seen], *, now: datetime) -> Folded:
    """Return what *observations* add to the evidence, given what is remembered of their units."""
    folding = _Folding(seen, now)
    notes = tuple(folding.take(observation) for observation in observations)
    return folding.folded(notes)


def settle(seen: Mapping[str, Seen], *, quiet_since: datetime) -> Folded:
    """Count the open successes that have said nothing since *quiet_since*, and return what that adds."""
    folding = _Folding({}, quiet_since)
    for unit, known in seen.items():
        if known.fate is Fate.OPEN and known.success is True and known.last <= quiet_since:
            folding.count(unit, known)
    return folding.folded(())


def _sound(success: object, step: object) -> bool:
    known = success is None or success is True or success is False
    return known and isinstance(step, int) and 0 <= step < STEPS


class _Sum:
    """A tally in the making."""

    __slots__ = ("failures", "latency", "outcomes", "squares", "tokens", "total", "units")

    def __init__(self) -> None:
        self.units = self.outcomes = self.failures = self.tokens = self.total = self.squares = 0
        self.latency = Counter[int]()

    def add(self, unit: Seen, sign: int) -> None:
        """Add (1) or take back (-1) a unit's outcome."""
        self.outcomes += sign
        self.failures += sign if unit.success is False else 0
        if unit.latency_ms is not None:
            self.latency[bucket(unit.latency_ms)] += sign
        if unit.tokens is not None:
            self.tokens += sign
            self.total += sign * unit.tokens
            self.squares += sign * unit.tokens**2

    def tally(self) -> Tally:
        return Tally(
            units=self.units,
            outcomes=self.outcomes,
            failures=self.failures,
            latency=Histogram.counted(self.latency),
            tokens=Sums(count=self.tokens, total=self.total, squares=self.squares),
        )


class _Folding:
    """A batch being folded."""

    def __init__(self, seen: Mapping[str, Seen], now: datetime) -> None:
        self.before = seen
        self.latest = now + SKEW
        self.changed: dict[str, Seen] = {}
        self.sums: dict[tuple[int, Arm], _Sum] = {}
        self.skipped = Counter[str]()
        self.newest: datetime | None = None

    def take(self, said: Observation) -> Note:
        """Fold one observation and say what became of it."""
        note = self._left(said) or self._refused(said) or self._placed(said)
        if note is not Note.COUNTED and note is not Note.OPEN:
            self.skipped[note] += 1
        elif self.newest is None or said.at > self.newest:
            self.newest = said.at
        return note

    def _left(self, said: Observation) -> Note | None:
        """Remember what its source has left out."""
        if said.left is None:
            return None
        if self._known(said.unit) is not None:
            return Note.REPEATED
        self.changed[said.unit] = Seen(arm=None, step=0, last=said.at, fate=Fate.EXCLUDED)
        return said.left

    def _known(self, unit: str) -> Seen | None:
        return self.changed.get(unit) or self.before.get(unit)

    def _refused(self, said: Observation) -> Note | None:
        """Whether the observation can count at all, whatever is known of its unit."""
        if not _sound(said.success, said.step):
            return Note.MALFORMED
        if said.at < said.exposed - SKEW:
            return Note.EARLY
        return Note.FUTURE if said.at > self.latest else None

    def _placed(self, said: Observation) -> Note:
        if said.arm is None:
            return Note.NOT_COMPARED
        known = self._known(said.unit)
        if known is None:
            self._sum(said.step, said.arm).units += 1
            return self._heard(said, said.arm, None)
        if known.fate is Fate.EXCLUDED or known.arm is None:
            return Note.EXCLUDED
        if said.step != known.step or said.arm is not known.arm:
            return self._elsewhere(said, known, known.arm)
        if known.fate is Fate.COUNTED:
            return Note.REPEATED if said.success in (None, known.success) else Note.CONTRADICTED
        return self._heard(said, said.arm, known)

    def _elsewhere(self, said: Observation, known: Seen, arm: Arm) -> Note:
        """A ramp only moves units from control into the treatment; any other change is a fault."""
        later, earlier = (said.arm, arm) if said.step > known.step else (arm, said.arm)
        if said.step != known.step and (later is Arm.TREATMENT or earlier is Arm.CONTROL):
            return Note.OTHER_STEP
        tally = self._sum(known.step, arm)
        tally.units -= 1
        if known.fate is Fate.COUNTED:
            tally.add(known, -1)
        self.changed[said.unit] = evolve(known, fate=Fate.EXCLUDED)
        return Note.TWO_ARMS

    def _heard(self, said: Observation, arm: Arm, known: Seen | None) -> Note:
        success, last, latency, tokens = said.success, said.at, None, None
        if known is not None:
            latency, tokens = known.latency_ms, known.tokens
            last = max(last, known.last)
            success = known.success if success is None or known.success is False else success
        final = success is False or (success is True and said.ended)
        heard = self.changed[said.unit] = Seen(
            arm=arm,
            step=said.step,
            last=last,
            fate=Fate.COUNTED if final else Fate.OPEN,
            success=success,
            latency_ms=self._slowest(said.latency_ms, latency),
            tokens=self._spent(said.tokens, tokens),
        )
        if final:
            self._sum(said.step, arm).add(heard, 1)
        return Note.COUNTED if final else Note.OPEN

    def count(self, unit: str, known: Seen) -> None:
        """Let the unit's outcome be final as it is."""
        if known.arm is not None:
            self._sum(known.step, known.arm).add(known, 1)
        self.changed[unit] = evolve(known, fate=Fate.COUNTED)

    def _slowest(self, said: object, known: float | None) -> float | None:
        if said is None:
            return known
        if not isinstance(said, int | float) or isinstance(said, bool) or not 0 <= said <= _LONGEST_MS:
            self.skipped["bad_numbers"] += 1
            return known
        return said if known is None else max(said, known)

    def _spent(self, said: object, known: int | None) -> int | None:
        if said is None:
            return known
        if (
            not isinstance(said, int)
            or isinstance(said, bool)
            or not 0 <= said <= _MOST_TOKENS - (known or 0)
        ):
            self.skipped["bad_numbers"] += 1
            return known
        return said + (known or 0)

    def _sum(self, step: int, arm: Arm) -> _Sum:
        found = self.sums.get((step, arm))
        if found is None:
            found = self.sums[step, arm] = _Sum()
        return found

    def folded(self, notes: tuple[Note, ...]) -> Folded:
        """Return the batch as values."""
        count = 1 + max((step for step, _ in self.sums), default=-1)
        empty = _Sum()
        steps = tuple(
            StepTally(
                control=self.sums.get((step, Arm.CONTROL), empty).tally(),
                treatment=self.sums.get((step, Arm.TREATMENT), empty).tally(),
            )
            for step in range(count)
        )
        evidence = Evidence(steps=steps, skipped=Skipped(**self.skipped), newest=self.newest)
        return Folded(evidence=evidence, seen=MappingProxyType(self.changed), notes=notes)
