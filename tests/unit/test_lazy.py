"""A ledger that is opened when it is first needed, and tried again a little later when it cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.lazy import Lazy, LazyLeases, LazyLedger
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, change, prompt
from jackfield.adapters.testing.ledger import LedgerContract
from jackfield.adapters.testing.shared_ledger import OpenLedger
from jackfield.domain.model.errors import OpenedBeforeFork, Unavailable
from jackfield.ports.ledger import Ledger


@define
class Door:
    """Opens a ledger, or does not."""

    path: Path
    clock: FrozenClock = field(factory=FrozenClock)
    failing: bool = False
    tries: int = 0
    lazy: Lazy[SqliteLedger] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lazy = Lazy(self.open, self.clock)

    def open(self) -> SqliteLedger:
        """Open it, if it can be."""
        self.tries += 1
        if self.failing:
            raise Unavailable("another process holds it for too long")
        return SqliteLedger(self.path)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path / "state" / "ledger.db")
    yield door
    door.lazy.close()


class TestLazyLedger(LedgerContract):
    @pytest.fixture
    def open_ledger(self, tmp_path: Path) -> OpenLedger:
        def open_ledger() -> Ledger:
            return LazyLedger(Lazy(lambda: SqliteLedger(tmp_path / "state" / "ledger.db"), FrozenClock()))

        return open_ledger


def test_nothing_is_opened_before_it_is_needed(door: Door) -> None:
    LazyLedger(door.lazy)
    assert (door.tries, door.path.exists()) == (0, False)


def test_it_is_opened_once(door: Door) -> None:
    ledger = LazyLedger(door.lazy)
    ledger.commit(change(prompt()))
    assert (ledger.read(prompt()).revision, door.tries) == (1, 1)


def test_a_failure_is_told_for_a_second_without_another_try(door: Door) -> None:
    door.failing = True
    for _ in range(5):
        with pytest.raises(Unavailable, match="another process holds it"):
            LazyLedger(door.lazy).head(ORGANIZATION)
    assert door.tries == 1


def test_after_a_second_it_is_tried_again(door: Door) -> None:
    door.failing = True
    with pytest.raises(Unavailable):
        LazyLedger(door.lazy).head(ORGANIZATION)
    door.failing = False
    door.clock.advance(timedelta(seconds=1))
    assert LazyLedger(door.lazy).head(ORGANIZATION).position == 0


def test_leases_are_opened_with_it(door: Door) -> None:
    leases = LazyLeases(lambda: SqliteLeases(door.lazy.opened().file, door.clock))
    lease = leases.acquire(ORGANIZATION, "job", holder="a", lifetime=timedelta(minutes=1))
    assert lease is not None
    renewed = leases.renew(lease, timedelta(minutes=2))
    held = leases.held(ORGANIZATION, "job")
    leases.release(renewed)
    assert (tuple(held), tuple(leases.held(ORGANIZATION, "job"))) == ((renewed,), ())


def test_once_closed_it_is_not_opened_any_more(door: Door) -> None:
    door.lazy.close()
    with pytest.raises(Unavailable, match="the ledger is closed"):
        LazyLedger(door.lazy).head(ORGANIZATION)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_open_it_either(door: Door) -> None:
    child = os.fork()
    if not child:
        try:
            LazyLedger(door.lazy).head(ORGANIZATION)
        except OpenedBeforeFork:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
