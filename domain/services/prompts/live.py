"""What is live, from memory: looked up again at most half a second later, or at once after our own change."""

from __future__ import annotations

from threading import Lock
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import NotFound
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.values import LiveVersion

LOOK_AGAIN: Final = 0.5
"""Seconds until the ledger is asked again: another process's promotion is noticed within 1 s."""


def live_version(records: Records, loaded: Loaded) -> LiveVersion | None:
    """Return the live version of a loaded prompt, if anything was ever live."""
    entry = loaded.state.history.live
    if entry is None:
        return None
    definition = records.definition(loaded, entry.version)
    return LiveVersion(
        name=loaded.name,
        number=entry.version,
        content_hash=definition.content_hash,
        definition=definition,
        since=entry.time,
        actor=entry.actor,
        move=entry.move,
        reason=entry.reason,
    )


@define
class LiveVersions:
    """Live versions by name, each with the time of its last look into the ledger; safe for threads."""

    _records: Records
    _seen: dict[str, tuple[float, LiveVersion]] = field(
        factory=dict[str, tuple[float, LiveVersion]], init=False
    )
    _lock: Lock = field(factory=Lock, init=False)
    _changes: int = field(default=0, init=False)

    def get(self, name: str) -> LiveVersion:
        """Return what is live, at most `LOOK_AGAIN` old; raise `NotFound` if nothing is."""
        seen = self._seen.get(name)
        now = self._records.clock.monotonic()
        if seen is not None and now - seen[0] < LOOK_AGAIN:
            return seen[1]
        return self._look(name, now)

    def forget(self, name: str) -> None:
        """Look into the ledger at the next call."""
        with self._lock:
            self._changes += 1
            self._seen.pop(name, None)

    def _look(self, name: str, now: float) -> LiveVersion:
        """Look into the ledger; what changed during the look is not kept, for it may have come before."""
        changes = self._changes
        found = live_version(self._records, self._records.known(name))
        if found is None:
            raise NotFound(
                "nothing is live yet", place=f"prompt {name}", remedy="publish its first version again"
            )
        with self._lock:
            if changes == self._changes:
                self._seen[name] = (now, found)
        return found
