"""The newest version of each prompt that this process was told of, to give while there is nothing newer."""

from __future__ import annotations

from datetime import timedelta

from attrs import define, evolve, field, frozen

from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.values import LiveVersion


@frozen
class _Sight:
    """A version in memory; `doubtful` once a change of ours may have moved it."""

    known: Known
    doubtful: bool = False


@define(eq=False)
class Remembered:
    """Versions in memory by name; reading takes no lock, who writes holds the lock of the owner.

    One that is older than `stale` is the last known good.
    """

    stale: timedelta
    _seen: dict[str, _Sight] = field(factory=dict[str, _Sight], init=False)

    def take(self, known: Known) -> bool:
        """Keep *known*, unless what is kept has left it behind; say whether it is kept."""
        name, seen = known.version.name, self._seen.get(known.version.name)
        if seen is not None and seen.known.overtakes(known):
            return False
        self._seen[name] = _Sight(known)
        return True

    def add(self, known: Known) -> None:
        """Keep *known* where there is nothing."""
        self._seen.setdefault(known.version.name, _Sight(known))

    def doubt(self, name: str) -> None:
        """Note that it may have been moved by a change of ours."""
        seen = self._seen.get(name)
        if seen is not None:
            self._seen[name] = evolve(seen, doubtful=True)

    def drop(self, name: str) -> None:
        """Forget it: it is gone."""
        self._seen.pop(name, None)

    def is_of_ledger(self, name: str) -> bool:
        """Whether it was our record that told of it."""
        seen = self._seen.get(name)
        return seen is not None and seen.known.origin is Source.LEDGER

    def get(self, name: str) -> LiveVersion | None:
        """Return it as what may be given instead of an answer."""
        seen = self._seen.get(name)
        if seen is None:
            return None
        version = seen.known.version
        young = (version.age or timedelta()) <= self.stale
        if not young or version.freshness is Freshness.LAST_KNOWN_GOOD:
            return evolve(version, freshness=Freshness.LAST_KNOWN_GOOD)
        return evolve(version, freshness=Freshness.STALE)

    def overdue(self, name: str) -> LiveVersion | None:
        """Return what may be given at once while somebody else is asking."""
        seen = self._seen.get(name)
        if seen is None or seen.doubtful:
            return None
        version = self.get(name)
        return version if version is not None and version.freshness is Freshness.STALE else None
