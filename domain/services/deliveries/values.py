"""What the deliveries say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import Factory, frozen

from jackfield.domain.model.deliveries.states import DeadLetter, Waiting

BY: Final = "jackfield"
"""Who does what a pass does by itself."""


_MARGIN: Final = timedelta(seconds=30)
"""For reading and recording a batch, and for a machine that is slow."""


@frozen(kw_only=True)
class Pause:
    """How a pass works: on how many subjects at a time, and how long a batch begins deliveries.

    `longest` is how long one delivery may take. The `lease` is longer than both, so that nobody else begins
    while it may still last.
    """

    lanes: int = 8
    batch: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(seconds=20)
    lease: timedelta = Factory(lambda self: self.batch + self.longest + _MARGIN, takes_self=True)

    @property
    def spare(self) -> timedelta:
        """How much of a lease is left over by the longest batch, or nothing."""
        return max(timedelta(), self.lease - self.batch - self.longest)


class Stand(StrEnum):
    """How a destination stands."""

    CURRENT = "current"
    BEHIND = "behind"
    WAITING = "waiting"
    DISABLED = "disabled"
    BROKEN = "broken"


@frozen(kw_only=True)
class DestinationStatus:
    """One destination at a glance.

    Of each subject that `waiting` has, its first entry waits there; `held` counts those that wait behind
    these (up to 5,000). `behind` counts the entries that it was not asked about yet (beyond 500, also
    unwanted ones). `next_try`
    is when something that is left is due; None if nothing is, or new entries alone. `oldest` is when the
    oldest entry happened that waits, or that it was not asked about yet. `disabled` says why it hears nothing
    until somebody acts, `broken` why it cannot be opened, or not be called in this process any more. `given`
    tells whether the settings still give it.
    """

    name: str
    stand: Stand
    cursor: int
    behind: int
    delivered: int
    waiting: tuple[Waiting, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    next_try: datetime | None = None
    disabled: str | None = None
    broken: str | None = None
    oldest: datetime | None = None
    given: bool = True
    held: int = 0

    @property
    def pending(self) -> Mapping[str, int]:
        """How many entries are not delivered, by what keeps them: together these are all."""
        return {"waiting": len(self.waiting), "held": self.held, "new": self.behind, "dead": len(self.dead)}

    @property
    def troubles(self) -> tuple[str, ...]:
        """What was wrong with each that waits or is dead."""
        found: list[Waiting | DeadLetter] = [*self.waiting, *self.dead]
        return tuple(each.trouble for each in found if each.trouble)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be delivered, now or later, unless somebody acts."""
        return self.stand in (Stand.CURRENT, Stand.DISABLED, Stand.BROKEN)


@frozen(kw_only=True)
class Passed:
    """What one pass did at one destination; `busy` if another process is at it, `trouble` if it broke off."""

    name: str
    delivered: int = 0
    failed: int = 0
    died: int = 0
    busy: bool = False
    trouble: str = ""

    def and_then(self, later: Passed | None) -> Passed:
        """Return what this pass and a later one of the same destination did together."""
        if later is None:
            return self
        return Passed(
            name=self.name,
            delivered=self.delivered + later.delivered,
            failed=self.failed + later.failed,
            died=self.died + later.died,
            busy=self.busy and later.busy,
            trouble=self.trouble or later.trouble,
        )
