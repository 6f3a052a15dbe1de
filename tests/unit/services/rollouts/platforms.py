"""A platform that routes and measures: a core for it, what it was told to route, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve

from jackfield.domain.model.evidence.observations import SKEW
from jackfield.domain.model.metrics import Reading, Record, Totals
from jackfield.domain.model.routers import Router
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.ports.prompts import RemoteId, Split
from tests.unit.services.conftest import NAME, House

SHARES = ("5%", "25%", "100%")


def routing_core(house: House) -> Core:
    """Return a core of a target whose platform routes."""
    own = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        router=Router.PLATFORM,
    )
    core = build(own, Parts(clock=house.clock, send=house.line))
    house.cores.append(core)
    return core


def remote_id(core: Core) -> RemoteId:
    return RemoteId(core.prompts.operations.records.load(NAME).state.remote_id or "")


def splits(core: Core) -> list[Split]:
    """Return what the platform routes."""
    versions = core.prompts.operations.gateway.versions(remote_id(core))
    return [version.split for version in versions if version.split is not None]


def edit_the_split(core: Core, split: Split | None, version: str = "1.1.0") -> None:
    """Let somebody edit the trigger on the platform."""
    core.prompts.operations.gateway.split(remote_id(core), split, version=version)


@define
class Told:
    """A platform that measured this and tells it in this order; `spoil` may fail at the nth that it tells."""

    readings: Sequence[Reading]
    spoil: Callable[[int], None] = lambda _: None

    def records(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Iterator[Reading]:
        for number, reading in enumerate(self.readings):
            self.spoil(number)
            if not isinstance(reading, Record) or since <= reading.at < until:
                yield reading

    def totals(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Totals:
        ahead = [each for each in self.readings if isinstance(each, Record) and since <= each.at < until]
        return Totals(requests=len(ahead), latency_ms=None, latency_p95_ms=None, tokens=None, success=None)

    def by(self, rollouts: ActingRollouts) -> ActingRollouts:
        """Return *rollouts* that are measured by this."""
        return evolve(rollouts, measured=self)


def request(
    house: House, number: int, *, variant: str | None = None, version: str | None = None, success: float = 1.0
) -> Record:
    """A request of *number* seconds after the first that surely counts, if the share was set just now."""
    at = house.clock.now() + SKEW + timedelta(seconds=number)
    return Record(
        version=version or ("1.0.0" if variant is None else "1.1.0"),
        variant=variant,
        at=at,
        latency_ms=900.0,
        tokens=300,
        success=success,
    )


def drawn(house: House, core: Core, count: int, *, first: int = 0, success: float = 1.0) -> list[Record]:
    """Requests that are routed exactly by the 5 % of the first step; the treatment's succeed so often."""
    variant = splits(core)[0].variant
    return [
        request(
            house,
            first + number,
            variant=variant if number % 20 == 0 else None,
            success=success if number % 20 == 0 else 1.0,
        )
        for number in range(count)
    ]
