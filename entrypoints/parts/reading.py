"""What reading what is live is made of: who is asked, and what is kept of the answers."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve, frozen

from jackfield.adapters.caching import DiskCache, MemoryCache
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.misses import Misses
from jackfield.domain.services.prompts.live.upstream import PlatformLooks, Upstream
from jackfield.domain.services.prompts.live.versions import LiveVersions
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.entrypoints.settings import Settings
from jackfield.plugins.host import Host
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

OWN_CACHES = ("disk", "memory", "none")
_LOOK = timedelta(seconds=10)


@frozen(kw_only=True)
class Reading:
    """Composes it for one target; a call to the platform ends within `deadline`."""

    settings: Settings
    operations: Operations
    clock: Clock
    host: Host
    deadline: timedelta = timedelta(seconds=30)

    def live_versions(self) -> LiveVersions:
        """Return what answers `live`; nothing is opened before it is needed."""
        organization, rules = self.settings.organization, self.settings.live
        kept = LastKnown(organization, self._cache(), self.clock)
        upstream = Upstream(
            records=self.operations.records,
            platform=self._platform(kept) if rules.platform else None,
            brief=self.settings.ledger is None,  # SQLite gives up by itself; a plugin's may not
            fresh=rules.fresh,
            measure=self.host.measure,
        )
        look = _LOOK + 2 * self.deadline if rules.platform else _LOOK  # to wait for who asks, and to ask
        patience = evolve(rules.patience, look=look)
        return LiveVersions(upstream, kept, self.clock, patience=patience, measure=self.host.measure)

    def _platform(self, kept: LastKnown) -> PlatformLooks:
        organization, rules = self.settings.organization, self.settings.live
        cache = kept.cache or MemoryCache(self.clock, most_bytes=rules.cache_bytes)
        is_shared = rules.cache not in ("memory", "none")
        return PlatformLooks(
            organization=organization,
            gateway=self.operations.gateway,
            kept=kept,
            misses=Misses(organization, cache, self.clock, rules.platform_fresh),
            clock=self.clock,
            holder=self.operations.owner,
            leases=self.operations.leases if is_shared else None,
            fresh=rules.platform_fresh,
            patience=self.deadline,
            measure=self.host.measure,
        )

    def _cache(self) -> Cache | None:
        rules = self.settings.live
        folder = self.settings.folder / "cache"
        if rules.cache == "none":
            return None
        if rules.cache == "memory":
            return MemoryCache(self.clock, most_bytes=rules.cache_bytes)
        if rules.cache == "disk":
            return DiskCache(folder, self.clock, size_limit=rules.cache_bytes, failed=self._cache_failed)
        place = "jackfield.toml, live.cache"
        return self.host.cache(rules.cache, folder.with_name("plugin-cache"), own=OWN_CACHES, place=place)

    def _cache_failed(self, kind: str) -> None:
        self.host.measure(
            Measurement(
                organization=self.settings.organization,
                name="jackfield.cache.failures",
                value=1,
                unit="{failure}",
                labels={"kind": kind},
            )
        )
