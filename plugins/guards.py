"""What a plugin made, behind its port: what it raises becomes our error, or a miss."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import TypeVar

from attrs import frozen

from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.plugins.isolation import Answered, Junk, failure_of
from jackfield.plugins.masking import without
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.printing import foreign
from jackfield.plugins.results import committed, one, perhaps, receipt, several, versioned, whole_number
from jackfield.plugins.standing import PluginState
from jackfield.ports.cache import Cache, Look
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned
from jackfield.ports.tokens import TokenCounter

T = TypeVar("T")


@frozen(kw_only=True)
class GuardedCounter:
    """A plugin's token counter; one that cannot count is an error of the settings that chose it."""

    plugin: Plugin
    counter: TokenCounter
    name: str
    limit: timedelta

    def count(self, text: str) -> TokenCount:
        """Return the plugin's count; raise `InvalidInput` if it gives none."""
        return self._asked("count", lambda: _counted(self.counter.count(text)))

    def worst(self, characters: int) -> int:
        """Return the plugin's bound; raise `InvalidInput` if it gives none."""
        return self._asked("worst", lambda: whole_number(self.counter.worst(characters)))

    def _asked(self, verb: str, function: Callable[[], T]) -> T:
        if self.plugin.state is PluginState.HUNG:  # not another thread that may never end
            raise self._refused(self.plugin.trouble)
        outcome = self.plugin.run(f"{self.name}.{verb}", function, limit=self.limit)
        if isinstance(outcome, Answered):
            return outcome.value
        raise self._refused(f"{verb}: {outcome}")

    def _refused(self, trouble: str) -> InvalidInput:
        return InvalidInput(
            f"the token counter {self.name} cannot count: {trouble}",
            place=f"plugin {self.plugin.name}",
            remedy="set another token_counter in jackfield.toml, or mend the plugin",
        )


def _counted(count: object) -> TokenCount:
    if not isinstance(count, TokenCount):
        raise Junk("it returned no TokenCount")
    return TokenCount(whole_number(count.tokens), exact=count.exact is True)


@frozen(kw_only=True)
class GuardedCache:
    """A plugin's cache; whatever goes wrong is a miss, and one that hangs is not asked again."""

    plugin: Plugin
    cache: Cache
    limit: timedelta

    def get(self, key: str) -> bytes | None:
        """Return the live value, or None."""
        found = self._asked("get", lambda: self.cache.get(key))
        return found if isinstance(found, bytes) else None

    def look(self, key: str) -> Look:
        """Return the live value, or that the plugin failed."""
        found = self._asked("get", lambda: (self.cache.get(key),))
        if found is None:
            return Look(failed=True)
        return Look(found[0] if isinstance(found[0], bytes) else None)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep *value*, or lose it."""
        self._asked("put", lambda: self.cache.put(key, value, lifetime))

    def drop(self, key: str) -> None:
        """Forget *key*."""
        self._asked("drop", lambda: self.cache.drop(key))

    def close(self) -> None:
        """Let go of the store."""
        self._asked("close", self.cache.close)

    def _asked(self, verb: str, function: Callable[[], T]) -> T | None:
        if self.plugin.state is not PluginState.LOADED:
            return None
        outcome = self.plugin.run(f"cache.{verb}", function, limit=self.limit)
        return outcome.value if isinstance(outcome, Answered) else None


@frozen(kw_only=True)
class GuardedLedger:
    """A plugin's ledger; a foreign error, and what is no answer, become ours. It keeps its own time limits,
    but for closing."""

    plugin: Plugin
    ledger: Ledger
    limit: timedelta

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*."""
        return self._asked("read", lambda: versioned(self.ledger.read(subject)))

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Return the newest committed state of each of *subjects*."""
        return self._asked("read_all", lambda: self.ledger.read_all(subjects))

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind*."""
        return self._asked("subjects", lambda: several(self.ledger.subjects(organization, kind), Subject))

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none; after a foreign error nobody knows which."""
        return self._asked("commit", lambda: committed(self.ledger.commit(*changes)))

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*."""

        def follow() -> Sequence[Entry]:
            return several(self.ledger.follow(organization, after, limit, subject), Entry)

        return self._asked("follow", follow)

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry."""
        return self._asked("head", lambda: receipt(self.ledger.head(organization)))

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Detach the payloads at *positions*; after a foreign error nobody knows which."""
        self._asked("erase", lambda: self.ledger.erase(organization, positions, telling))

    def close(self) -> None:
        """Let go of the store; whatever goes wrong is counted, and keeps nobody from closing the rest."""
        self.plugin.run("ledger.close", self.ledger.close, limit=self.limit)

    def _asked(self, verb: str, function: Callable[[], T]) -> T:
        return _translated(self.plugin, f"ledger.{verb}", function, changes=verb in ("commit", "erase"))


@frozen(kw_only=True)
class GuardedLeases:
    """A plugin's leases; a foreign error, and what is no answer, become ours. They keep their own time
    limits."""

    plugin: Plugin
    leases: Leases

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        """Return a new lease, or None while there are too many."""

        def acquire() -> Lease | None:
            return perhaps(
                self.leases.acquire(organization, name, holder=holder, lifetime=lifetime, limit=limit)
            )

        return _translated(self.plugin, "leases.acquire", acquire)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Return the lease with a new expiry."""
        return _translated(
            self.plugin, "leases.renew", lambda: one(self.leases.renew(lease, lifetime), Lease)
        )

    def release(self, lease: Lease) -> None:
        """Give it back."""
        _translated(self.plugin, "leases.release", lambda: self.leases.release(lease))

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        """Return the leases that have not expired."""

        def held() -> Sequence[Lease]:
            return several(self.leases.held(organization, name), Lease)

        return _translated(self.plugin, "leases.held", held)


def _translated(plugin: Plugin, what: str, function: Callable[[], T], *, changes: bool = False) -> T:
    """Call on this thread; a foreign error of a verb that *changes* leaves open whether it happened."""
    try:
        with foreign():
            return function()
    except KeyboardInterrupt:
        raise
    except JackfieldError as error:
        without(error, plugin.secrets)
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit: it is a plugin's, not the user's
        failure = failure_of(error)
    plugin.failed(what, failure)
    raise (OutcomeUnknown if changes else Unavailable)(
        f"its {what} failed: {failure}",
        place=f"plugin {plugin.name}",
        remedy="look at the plugin's own log; 'jackfield status' shows what is recorded",
    )
