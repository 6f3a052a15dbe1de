"""Delivering everything at once, by a clock that stands still until it is moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.services.deliveries import Deliveries, DestinationStatus

_MOST: Final = 200
_LONG: Final = timedelta(hours=1)


def deliver_all(deliveries: Deliveries, clock: FrozenClock) -> tuple[DestinationStatus, ...]:
    """Run passes, and move *clock* to each next try, until nothing waits; return how each stands.

    What is dead or disabled then stays so. Raises `AssertionError` after 200 passes.
    """
    for _ in range(_MOST):
        deliveries.run(_LONG)
        found = deliveries.status()
        tries = [each.next_try for each in found if each.next_try is not None and not each.settled]
        if not tries and all(each.settled for each in found):
            return found
        if tries:
            clock.advance(min(tries) - clock.now())
    raise AssertionError("after 200 passes something still waits")
