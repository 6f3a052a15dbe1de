"""Nobody waits for the store of the leases, nor for a process that was killed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Origin
from jackfield.domain.services.advice.querying.renewing import SHORT, Renewing
from jackfield.ports.leases import Lease
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.advice.conftest import ACME, SECOND, Desk, query

_LONGEST_S: Final = 8.0


@define(eq=False)
class _Locked:
    """Leases in a store that somebody holds until `opened`; `asked` counts, `done` is one given back."""

    opened: threading.Event = field(factory=threading.Event)
    done: threading.Event = field(factory=threading.Event)
    asked: int = 0
    renewed: threading.Event = field(factory=threading.Event)

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease:
        """Wait."""
        del limit, lifetime
        self.asked += 1
        self.opened.wait(_LONGEST_S)
        return _lease(organization, name, holder)

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Tell."""
        del lifetime
        self.renewed.set()
        return lease

    def release(self, _: Lease) -> None:
        """Tell."""
        self.done.set()


def _lease(organization: Organization = ACME, name: str = "n", holder: str = "h") -> Lease:
    return Lease(
        organization=organization, name=name, holder=holder, token=1, expires=FrozenClock().now() + SECOND
    )


def test_while_the_store_of_the_leases_is_locked_all_ask_and_it_is_left_alone(desk: Desk) -> None:
    leases = _Locked()
    advice = desk.open(leases=leases)
    origins = [advice.query(query(f"{n}"), deadline=SECOND).origin for n in range(4)]
    assert (origins, leases.asked) == ([Origin.FRESH] * 4, 1)
    leases.opened.set()


def test_a_lease_that_comes_too_late_is_given_back(desk: Desk) -> None:
    leases = _Locked()
    desk.open(leases=leases).query(query())
    leases.opened.set()
    assert leases.done.wait(_LONGEST_S)


def test_who_drops_something_does_not_wait_for_the_store_of_the_leases(desk: Desk) -> None:
    leases = _Locked()
    advice, other = desk.open(leases=leases), desk.open()
    other.query(query())
    advice.feedback("one", agent="a-1", action="wrong")
    assert not leases.done.is_set()
    leases.opened.set()
    desk.clock.advance(SECOND)
    assert (other.query(query()).origin, leases.asked) == (Origin.FRESH, 1)


def test_who_asks_has_a_short_lease_whatever_his_deadline(desk: Desk) -> None:
    killed, other = desk.open(), desk.open()
    desk.gateway.hold()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(killed.query, query(), deadline=timedelta(minutes=1))
        desk.gateway.wait_until_asked()
        name = f"advice  {other.querying._key(query(), None)}"
        (lease,) = SqliteLeases(desk.ledger.file, desk.clock).held(ACME, name)
        desk.gateway.let_go()
        future.result(20)
    assert lease.expires <= desk.clock.now() + SHORT


def test_a_short_lease_is_renewed_until_it_is_given_back() -> None:
    leases, lease = _Locked(), _lease()
    renewing = Renewing(leases, FrozenClock())  # type: ignore[arg-type]  # nobody looks who holds them
    renewing.keep(lease, 60.0)
    assert leases.renewed.wait(_LONGEST_S)
    renewing.let_go(lease)
    for thread in threading.enumerate():
        if thread.name == "jackfield-advice-leases":
            thread.join(_LONGEST_S)
    assert not renewing._begun


def test_a_lease_is_not_renewed_beyond_its_end() -> None:
    leases, clock = _Locked(), FrozenClock()
    renewing = Renewing(leases, clock)  # type: ignore[arg-type]  # nobody looks who holds them
    clock.advance(SECOND)
    renewing.keep(_lease(), 1.0)
    for thread in threading.enumerate():
        if thread.name == "jackfield-advice-leases":
            thread.join(_LONGEST_S)
    assert not leases.renewed.is_set()


@define(eq=False)
class _LockedLedger(ShakyLedger):
    """A ledger that somebody else writes to until `opened`."""

    opened: threading.Event = field(factory=threading.Event)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Wait."""
        self.opened.wait(_LONGEST_S)
        return self.ledger.commit(*changes)


def test_durable_events_are_waited_for_no_longer_than_the_deadline_and_are_not_lost(desk: Desk) -> None:
    ledger = _LockedLedger(desk.ledger)
    advice = desk.open(durable=True, ledger=ledger, deadline=SECOND / 2)
    with pytest.raises(Unavailable, match="into the log in time"):
        advice.query(query(), deadline=SECOND / 5)
    with pytest.raises(Unavailable, match="into the log in time"):
        advice.feedback("one", agent="a-1", action="wrong")
    ledger.opened.set()
    assert [each.event.type for each in desk.told()] == ["advice.delivered", "advice.feedback"]
