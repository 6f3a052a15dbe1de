"""A pass keeps its lease for as long as its longest batch may take, by elapsed time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from attrs import define, evolve, field

from jackfield.adapters.sqlite import SqliteLeases
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery
from jackfield.domain.model.events import Entry
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.deliveries import Deliveries, Pause
from jackfield.ports.leases import Lease
from tests.unit.deliveries.conftest import HOUR, House

SECOND: Final = timedelta(seconds=1)


@define
class Slow(KeepingDestination):
    """Takes its time for each entry, and then does something."""

    take: timedelta = timedelta()
    advance: Callable[[timedelta], None] = lambda _: None
    act: Callable[[], object] = lambda: None

    def deliver(self, entry: Entry) -> Delivery:
        self.heard.append(entry)
        self.advance(self.take)
        self.act()
        return Delivered()


@define
class Elsewhere:
    """Leases of a server whose clock is another one, by `off`; counts renewals."""

    inner: SqliteLeases
    off: timedelta
    renewed: list[timedelta] = field(factory=list[timedelta])

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        lease = self.inner.acquire(organization, name, holder=holder, lifetime=lifetime, limit=limit)
        return None if lease is None else evolve(lease, expires=lease.expires + self.off)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        self.renewed.append(lifetime)
        lease = self.inner.renew(evolve(lease, expires=lease.expires - self.off), lifetime)
        return evolve(lease, expires=lease.expires + self.off)

    def release(self, lease: Lease) -> None:
        self.inner.release(lease)

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        return self.inner.held(organization, name)


def _elsewhere(house: House, off: timedelta) -> tuple[Deliveries, Elsewhere]:
    made = house.deliveries()
    leases = Elsewhere(SqliteLeases(house.ledger.file, house.clock), off)
    return evolve(made, passing=evolve(made.passing, leases=leases)), leases


def test_a_lease_is_longer_than_a_batch_and_its_last_delivery() -> None:
    pause = Pause(longest=timedelta(minutes=5))
    assert pause.lease > pause.batch + pause.longest
    assert Pause().lease == timedelta(minutes=1)


def test_nobody_else_begins_while_the_longest_deliveries_last(house: House) -> None:
    busy = list[bool]()

    def another() -> None:
        busy.extend(each.busy for each in house.deliveries(owner="b").run(HOUR))

    house.pause = Pause(lanes=1, longest=timedelta(seconds=90))
    house.keeping = Slow(take=timedelta(seconds=90), advance=house.clock.advance, act=another)
    house.happen(*"abcdef")
    house.run()
    assert (busy, len(house.keeping.heard)) == ([True] * 6, 6)


def test_one_behind_the_other_many_batches_keep_the_lease(house: House) -> None:
    busy = list[bool]()

    def another() -> None:
        busy.extend(each.busy for each in house.deliveries(owner="b").run(HOUR))

    house.pause = Pause(lanes=1)
    house.keeping = Slow(take=timedelta(seconds=19), advance=house.clock.advance, act=another)
    house.happen(*(f"p{n}" for n in range(20)))
    house.run()
    assert (set(busy), len(house.keeping.heard)) == ({True}, 20)


def test_a_lease_is_renewed_by_elapsed_time_whatever_the_clock_of_its_keeper_says(house: House) -> None:
    found = list[int]()
    house.pause = Pause(lanes=1)
    for off in (-HOUR, timedelta(), HOUR):
        deliveries, leases = _elsewhere(house, off)
        house.keeping = Slow(take=11 * SECOND, advance=house.clock.advance)
        house.happen(*(f"p{n}" for n in range(10)))
        deliveries.run(HOUR)
        found.append(len(leases.renewed))
    assert found[0] == found[1] == found[2] > 1


def test_a_pass_whose_lease_was_lost_begins_nothing_more(house: House) -> None:
    def steal() -> None:
        if len(house.keeping.heard) == 1:
            house.clock.advance(timedelta(minutes=2))
            held = SqliteLeases(house.ledger.file, house.clock)
            assert held.acquire(
                house.deliveries().records.organization, "deliveries keeping", holder="b", lifetime=HOUR
            )

    house.pause = Pause(lanes=1)
    house.keeping = Slow(act=steal)
    house.happen(*(f"p{n}" for n in range(10)))
    (passed,) = house.run(timedelta(hours=2))
    assert len(house.keeping.heard) == 1
    assert passed.trouble
