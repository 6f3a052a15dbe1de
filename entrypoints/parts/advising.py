"""What advice is made of: the platform's recommendations, and where answers are kept."""

from __future__ import annotations

import socket
from collections.abc import Callable

from attrs import frozen

from jackfield.adapters.caching import DiskCache, MemoryCache
from jackfield.adapters.genesys.advice import GenesysAdvice
from jackfield.adapters.genesys.client import Client
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.services.advice import Advice, Making
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.parts.late import Closing
from jackfield.entrypoints.parts.reading import OWN_CACHES
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.advice import AdviceRules, advice_rules
from jackfield.plugins.host import Host
from jackfield.ports.advice import AdviceGateway
from jackfield.ports.cache import Cache
from jackfield.ports.conversations import Redact
from jackfield.ports.leases import Leases

_DISK = "disk"


@frozen(kw_only=True)
class Advising:
    """Composes it for one target; nothing is opened, and no thread begins, before somebody asks.

    Where processes share a cache they ask once for all: on one machine by its disk, and on several by a
    plugin's cache.
    """

    settings: Settings
    host: Host
    client: Callable[[], Client]
    records: Records
    leases: Leases
    owner: str
    redact: Redact
    gateway: AdviceGateway | None = None

    def opened(self) -> tuple[Advice, Closing]:
        """Return the advice, and what closes it: queries under way end, and what happened is written."""
        own = advice_rules(self.settings.advice)
        records, cache = self.records, self._cache(own)
        shares = cache is not None and own.cache != "memory"
        advice = Making(
            organization=records.organization,
            gateway=self.gateway or GenesysAdvice(self.client().usually(own.rules.deadline)),
            ledger=records.ledger,
            clock=records.clock,
            new_id=records.new_id,
            holder=self.owner,
            cache=cache,
            leases=self.leases if shares else None,
            place=socket.gethostname() if own.cache == _DISK else "",
            rules=own.rules,
            measure=self.host.measure,
            redact=self.redact if self.settings.conversations.capture_content else None,
        ).advice()
        return advice, advice.close

    def _cache(self, own: AdviceRules) -> Cache | None:
        folder, clock = self.settings.folder / "advice-cache", self.records.clock
        if own.cache == "none":
            return None
        if own.cache == "memory":
            return MemoryCache(clock, most_entries=own.memory_entries, most_bytes=own.memory_bytes)
        if own.cache == _DISK:
            return DiskCache(folder, clock, size_limit=own.cache_bytes, failed=self._failed)
        place = "jackfield.toml, advice.cache"
        return self.host.cache(
            own.cache, folder.with_name("advice-plugin-cache"), own=OWN_CACHES, place=place
        )

    def _failed(self, kind: str) -> None:
        self.host.measure(
            Measurement(
                organization=self.settings.organization,
                name="jackfield.cache.failures",
                value=1,
                unit="{failure}",
                labels={"kind": kind},
            )
        )
