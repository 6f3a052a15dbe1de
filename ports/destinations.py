"""Whatever must hear of an event: a webhook, a CRM, a registry, an audit sink."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from jackfield.domain.model.deliveries.verdicts import Delivery
from jackfield.domain.model.events import Entry


class Destination(Protocol):
    """Hears of entries at least once, those of one subject in their order, several subjects at a time.

    The same entry may come again, by the same `entry.event.id`: a destination that must do something once
    keeps the ids. Its name is what its progress is kept under; another name hears everything from the start.
    """

    @property
    def name(self) -> str:
        """Return its name: letters, digits, '.', '_' and '-'."""
        ...

    @property
    def wants(self) -> Collection[str]:
        """Return the patterns of the events that it hears of, such as `prompt.*:succeeded` or `*`."""
        ...

    def deliver(self, entry: Entry) -> Delivery:
        """Hand *entry* over and return what came of it; called on several threads at once.

        To raise is `Retry`. The payload is None where it was erased.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened; closing twice is fine."""
        ...
