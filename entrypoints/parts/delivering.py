"""What deliveries are made of: the destinations of plugins, and the guarded line to their receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Lock

from attrs import define, field, frozen

from jackfield.adapters.genesys.calling import PlatformCalls
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.http import Send
from jackfield.domain.model.deliveries.retries import Retries
from jackfield.domain.services.deliveries import Deliveries, Pause
from jackfield.domain.services.deliveries.passing import Passing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.parts.calling import allowed
from jackfield.entrypoints.parts.late import Closing
from jackfield.entrypoints.parts.sending import LateReceivers
from jackfield.entrypoints.settings import Settings
from jackfield.plugins.destinations import Opened
from jackfield.plugins.host import Host
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.destinations import Destination
from jackfield.ports.http import Http
from jackfield.ports.leases import Leases


@frozen(kw_only=True)
class Delivering:
    """Composes it for one target; nothing is opened before something is delivered or looked at."""

    settings: Settings
    host: Host
    client: Client
    records: Records
    leases: Leases
    owner: str
    jitter: Callable[[], float]
    webhooks: Send | None = None

    def opened(self) -> tuple[Deliveries, Closing]:
        """Return the deliveries, and what closes their destinations and connections."""
        send = self.webhooks or LateReceivers()
        late = LateDestinations(opening=lambda: self._destinations(send))
        rules = self.settings.deliveries
        passing = Passing(
            records=DeliveryRecords(
                organization=self.settings.organization,
                ledger=self.records.ledger,
                clock=self.records.clock,
                new_id=self.records.new_id,
            ),
            leases=self.leases,
            owner=self.owner,
            retries=Retries(jitter=self.jitter),
            pause=Pause(lanes=rules.lanes, longest=max(self._patience, self.host.patience.delivery)),
            measure=self.host.measure,
        )

        def close() -> None:
            late.close()
            if isinstance(send, LateReceivers):
                send.close()

        return Deliveries(passing=passing, destinations=late.given, broken=late.broken), close

    @property
    def _patience(self) -> timedelta:
        """How long a destination waits for the platform: as a person does, or it would outlive its lease."""
        return self.settings.calls.deadline(bulk=False)

    def _platform(self, method: str, path: str, body: bytes) -> bytes:
        ends = self.records.clock.monotonic() + self._patience.total_seconds()
        return PlatformCalls(self.client.until(ends))(method, path, body)

    def _destinations(self, send: Send) -> Opened:
        settings = DestinationSettings(
            target=self.settings.target,
            organization=self.settings.organization,
            folder=self.settings.folder,
            platform=self._platform,
            prompt_id=self._prompt_id,
        )
        return self.host.destinations(settings, self._http(send))

    def _http(self, send: Send) -> Http:
        from jackfield.adapters.webhooks import GuardedHttp

        return GuardedHttp(send=send, clock=self.records.clock, allowed=allowed(self.settings))

    def _prompt_id(self, name: str) -> str | None:
        return self.records.load(name).state.remote_id


@define(eq=False)
class LateDestinations:
    """The destinations of plugins, asked for once, when they are first needed."""

    opening: Callable[[], Opened]
    _found: Opened | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def given(self) -> tuple[Destination, ...]:
        """Return them."""
        return self._opened().given

    def broken(self) -> Mapping[str, str]:
        """Return why each that cannot be called cannot."""
        return self._opened().broken()

    def _opened(self) -> Opened:
        with self._lock:
            if self._found is None:
                self._found = self.opening()
            return self._found

    def close(self) -> None:
        """Close those that were opened."""
        for each in self._found.given if self._found else ():
            each.close()
