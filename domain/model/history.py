"""What was live when: forward entries only, and what a rollback goes back to.

A rollback is a new entry that names the entry it restores. The next rollback starts from there, so a
second one goes one further back, not to and fro.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from jackfield.domain.model.errors import NotFound


class Move(StrEnum):
    """How a version came to be live."""

    PUBLISHED = "published"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    ADOPTED = "adopted"


@frozen(kw_only=True)
class Activation:
    """One entry: from then on, `version` was live; `restores` is the number of an earlier entry."""

    version: str
    move: Move
    time: datetime
    actor: str
    reason: str
    restores: int | None = None


@frozen
class Target:
    """Where a rollback goes: the version, and the entry that it restores (None if it was never live)."""

    version: str
    restores: int | None


@frozen
class History:
    """The entries of one prompt, numbered from 1 in the order in which they happened."""

    entries: tuple[Activation, ...] = ()

    @property
    def live(self) -> Activation | None:
        """The newest entry, if anything was ever live."""
        return self.entries[-1] if self.entries else None

    def with_entry(self, entry: Activation) -> History:
        """Return the history with one more entry."""
        return History((*self.entries, entry))

    def previous(self) -> Target:
        """Return what was live before the version that is live now; raise `NotFound` if nothing was."""
        number = self._before(self._base(len(self.entries)))
        if number == 0:
            raise NotFound(
                "there is no earlier version to roll back to",
                remedy="promote another version, or name one with --to",
            )
        return Target(self.entries[number - 1].version, number)

    def back_to(self, version: str) -> Target:
        """Return the nearest earlier entry of *version*; a version that was never live restores none."""
        number = self._before(self._base(len(self.entries)))
        while number:
            if self.entries[number - 1].version == version:
                return Target(version, number)
            number = self._before(number)
        return Target(version, self._latest(version))

    def _base(self, number: int) -> int:
        """The entry that entry *number* restores, or itself."""
        return (self.entries[number - 1].restores or number) if number else 0

    def _before(self, number: int) -> int:
        """The entry whose version was live when *number*, which restores none, began; 0 if none was."""
        return self._base(number - 1) if number else 0

    def _latest(self, version: str) -> int | None:
        numbered = enumerate(self.entries, start=1)
        return max((self._base(n) for n, e in numbered if e.version == version), default=None)
