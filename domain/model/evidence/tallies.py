"""The sums that a comparison needs: a few numbers by step and arm, however many outcomes there were."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from typing import Final

from attrs import field, fields, frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.histograms import Histogram

STEPS: Final = 50
"""The most steps of a rollout; so the sums have a bounded size."""


@frozen(kw_only=True)
class Sums:
    """Count, sum and sum of squares of whole numbers: enough for a mean and its error."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def merged(self, other: Sums) -> Sums:
        """Return the sums of both."""
        return Sums(
            count=self.count + other.count,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    @property
    def mean(self) -> float | None:
        """The mean, or None without values."""
        return self.total / self.count if self.count > 0 else None

    @property
    def variance(self) -> float:
        """The sample variance; 0 with fewer than two values."""
        if self.count < 2:  # noqa: PLR2004 - a variance needs two
            return 0.0
        return max(0, self.squares * self.count - self.total**2) / (self.count * (self.count - 1))


@frozen(kw_only=True)
class Tally:
    """One arm in one step: units seen, units with an outcome, failures among them, latency (ms) and tokens.

    Latency is the slowest turn of each unit, tokens all of its turns. A tally of a batch that takes a unit
    back (it was seen in both arms) has negative numbers; merged into the whole they cancel out.
    """

    units: int = 0
    outcomes: int = 0
    failures: int = 0
    latency: Histogram = field(factory=Histogram)
    tokens: Sums = field(factory=Sums)

    def merged(self, other: Tally) -> Tally:
        """Return the tally of both."""
        return Tally(
            units=self.units + other.units,
            outcomes=self.outcomes + other.outcomes,
            failures=self.failures + other.failures,
            latency=self.latency.merged(other.latency),
            tokens=self.tokens.merged(other.tokens),
        )

    @property
    def sound(self) -> bool:
        """Whether the counts can be those of units."""
        return 0 <= self.failures <= self.outcomes <= self.units

    @property
    def successes(self) -> int:
        """Units whose outcome is a success."""
        return self.outcomes - self.failures


@frozen(kw_only=True)
class StepTally:
    """The two arms of one step; a unit counts in the step in which it was first seen, and in no other."""

    control: Tally = field(factory=Tally)
    treatment: Tally = field(factory=Tally)

    def of(self, arm: Arm) -> Tally:
        """Return the tally of *arm*."""
        return self.treatment if arm is Arm.TREATMENT else self.control

    def merged(self, other: StepTally) -> StepTally:
        """Return the tallies of both."""
        return StepTally(
            control=self.control.merged(other.control), treatment=self.treatment.merged(other.treatment)
        )


@frozen(kw_only=True)
class Skipped:
    """What was not counted, by reason. All are observations but `two_arms`, which are units.

    | field | what |
    |---|---|
    | `repeated` | the unit's outcome is known and this says the same, or nothing |
    | `contradicted` | the unit's outcome is known and this says the opposite |
    | `other_step` | of a unit that was first seen in another step |
    | `two_arms` | units seen in both arms of a step, or taken out of the treatment: excluded |
    | `excluded` | of units that are excluded already |
    | `early` | made before the unit was given its version |
    | `future` | made later than now |
    | `not_compared` | of a unit in neither arm (held out, forced, default) |
    | `malformed` | a success that is neither true nor false, or a step that no rollout has |
    | `unsure` | measured by the platform at a time when its share was not surely that of a step |
    | `graded` | measured by the platform, with a success between 0 and 1: of many requests, perhaps |
    | `unread` | measured by the platform, and not readable: fields are missing, or out of range |
    | `bad_numbers` | latencies or tokens that are not finite, negative or huge; the rest of it counted |
    """

    repeated: int = 0
    contradicted: int = 0
    other_step: int = 0
    two_arms: int = 0
    excluded: int = 0
    early: int = 0
    future: int = 0
    not_compared: int = 0
    malformed: int = 0
    unsure: int = 0
    graded: int = 0
    unread: int = 0
    bad_numbers: int = 0

    def merged(self, other: Skipped) -> Skipped:
        """Return the counts of both."""
        names = [each.name for each in fields(Skipped)]
        return Skipped(**{name: getattr(self, name) + getattr(other, name) for name in names})


@frozen(kw_only=True)
class Evidence:
    """All that is kept of a rollout's outcomes; `newest` is when the newest one was made."""

    steps: tuple[StepTally, ...] = ()
    skipped: Skipped = field(factory=Skipped)
    newest: datetime | None = None

    def merged(self, other: Evidence) -> Evidence:
        """Return the evidence of both; the order of merging makes no difference."""
        pairs = zip_longest(self.steps, other.steps, fillvalue=StepTally())
        times = [time for time in (self.newest, other.newest) if time is not None]
        return Evidence(
            steps=tuple(one.merged(two) for one, two in pairs),
            skipped=self.skipped.merged(other.skipped),
            newest=max(times, default=None),
        )

    def step(self, number: int) -> StepTally:
        """Return the tallies of step *number*, counted from 0."""
        return self.steps[number] if number < len(self.steps) else StepTally()
