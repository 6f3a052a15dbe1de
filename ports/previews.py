"""What a destination would send, without sending it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from attrs import Factory, field, frozen

from jackfield.domain.model.events import Entry


@frozen(kw_only=True)
class PlannedCall:
    """One call that was not made; a mask stands in the place of each secret. `body` is as it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = Factory(dict[str, str])
    body: str = field(default="")


@frozen(kw_only=True)
class NoCall:
    """Nothing is sent of an entry, and why; one that is `refused` becomes a dead letter."""

    why: str
    refused: bool = False


Preview: TypeAlias = PlannedCall | NoCall


class Previewing(Protocol):
    """What a destination has besides, if it can tell beforehand what it sends."""

    def preview(self, entry: Entry) -> Preview:
        """Return the call that `deliver` would make of *entry*; pure: nothing is sent and nothing changes."""
        ...
