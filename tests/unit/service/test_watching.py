"""The ledger is looked at beside the requests: whether it can be written, and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import cast

import psycopg
import pytest
from attrs import define, evolve

from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.parts.late import Late, nothing
from jackfield.entrypoints.service.jobs.watching import Watch
from jackfield.entrypoints.settings import Settings
from jackfield.ports.leases import Lease, Leases
from tests.unit.service.house import House, opened, published

PAGE = 4_096


@define
class Seconds:
    """A clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def lived_in(platform: Platform, folder: Path) -> Iterator[Core]:
    with opened(folder, Parts(send=platform.send)) as core:
        published(core, "1.0.0", "1.1.0")
        yield core


def test_a_look_changes_nothing(lived_in: Core) -> None:
    before = (lived_in.audit.ledger.head(lived_in.audit.organization), _leases(lived_in))
    assert Watch(lived_in).trouble() is None
    assert (lived_in.audit.ledger.head(lived_in.audit.organization), _leases(lived_in)) == before


def _leases(core: Core) -> object:
    return core.prompts.operations.leases.held(core.audit.organization, "service.nobody")


def _spoil(folder: Path) -> None:
    """Overwrite the last page in its place: no look that is not for it comes there."""
    with (folder / "test" / "ledger.db").open("r+b") as file:
        file.seek(-PAGE, 2)
        file.write(b"\xa5" * PAGE)


def test_damage_shows_within_a_minute(lived_in: Core, folder: Path) -> None:
    clock = Seconds()
    watch = Watch(lived_in, monotonic=clock)
    lived_in.copy(folder / "copy.db")  # which writes all of it into the file
    _spoil(folder)
    clock.now = 59.0
    before = watch.trouble()
    clock.now = 60.0
    assert (before, watch.trouble()) == (None, "it is damaged: Unavailable")


def test_the_whole_file_is_read_for_a_hundredth_of_the_time_at_most(lived_in: Core) -> None:
    clock, whole = Seconds(), list[float]()

    def look() -> None:
        whole.append(clock.now)
        clock.now += 2.0

    slow = evolve(lived_in, audit=Late(lambda: (evolve(lived_in.audit, look=look), nothing)))
    watch = Watch(slow, monotonic=clock)
    for clock.now in (60.0, 130.0, 261.0, 262.0):
        watch.once()
    assert whole == [60.0, 262.0]


@define
class Hanging:
    """Leases that cannot be given back until a test says so."""

    leases: Leases
    begun: Event
    over: Event

    def release(self, lease: Lease) -> None:
        self.begun.set()
        assert self.over.wait(30)
        self.leases.release(lease)


def test_a_look_that_does_not_end_keeps_nobody_waiting_and_is_told(lived_in: Core) -> None:
    clock = Seconds()
    operations = lived_in.prompts.operations
    hanging = Hanging(operations.leases, Event(), Event())
    core = evolve(
        lived_in,
        prompts=evolve(lived_in.prompts, operations=evolve(operations, leases=cast("Leases", hanging))),
    )
    watch = Watch(core, monotonic=clock)
    watch.start()
    assert hanging.begun.wait(30)
    early = watch.trouble()
    hanging.over.set()
    watch.stop()
    assert (early, watch.join(30), watch.trouble()) == ("it has not answered yet", True, None)


def test_a_later_look_that_does_not_end_is_told(lived_in: Core) -> None:
    clock = Seconds()
    watch = Watch(lived_in, monotonic=clock)
    asked = list[str | None]()

    class Slow:
        def release(self, lease: Lease) -> None:
            clock.now += 16.0
            asked.append(watch.trouble())

    _end(watch)
    operations = evolve(lived_in.prompts.operations, leases=cast("Leases", Slow()))
    watch.core = evolve(lived_in, prompts=evolve(lived_in.prompts, operations=operations))
    watch.once()
    assert asked == ["it does not answer"]


def _end(watch: Watch) -> None:
    """Let it look once, and no more by itself."""
    watch.once()
    watch.start()
    watch.stop()
    assert watch.join(30)


def _looking(core: Core, look: Callable[[], None]) -> Core:
    return evolve(core, audit=Late(lambda: (evolve(core.audit, look=look), nothing)))


def test_while_all_of_a_large_ledger_is_read_it_is_as_well_as_before(lived_in: Core) -> None:
    clock, asked = Seconds(), list[str | None]()
    watch = Watch(lived_in, monotonic=clock)

    def look() -> None:
        clock.now += 36.0
        asked.append(watch.trouble())

    _end(watch)
    watch.core = _looking(lived_in, look)
    clock.now = 100.0
    watch.once()
    assert asked == [None]


def test_a_whole_look_that_fails_is_no_damage_and_is_made_again_in_a_minute(lived_in: Core) -> None:
    clock, looks = Seconds(), list[float]()
    watch = Watch(lived_in, monotonic=clock)

    def look() -> None:
        clock.now += 10.0
        looks.append(clock.now)
        if len(looks) == 1:
            raise OSError("too many open files")

    _end(watch)
    watch.core = _looking(lived_in, look)
    found = list[str | None]()
    for clock.now in (100.0, 169.0, 170.0, 300.0):
        watch.once()
        found.append(watch.trouble())
    assert (looks, found) == ([110.0, 180.0], [None] * 4)


def test_damage_is_told_until_a_whole_look_finds_none(lived_in: Core) -> None:
    clock = Seconds()
    watch = Watch(lived_in, monotonic=clock)
    ways = [Unavailable("the file is damaged; nothing was changed"), OSError("busy"), None]

    def look() -> None:
        error = ways.pop(0)
        if error is not None:
            raise error

    _end(watch)
    watch.core = _looking(lived_in, look)
    found = list[str | None]()
    for clock.now in (100.0, 200.0, 300.0):
        watch.once()
        found.append(watch.trouble())
    assert found == ["it is damaged: Unavailable", "it is damaged: Unavailable", None]


def test_a_shared_ledger_that_somebody_locks_is_noticed(
    platform: Platform, postgres: str, folder: Path
) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("test"),
        folder=folder / "test",
        ledger=Secret(postgres),
    )
    with build(settings, Parts(send=platform.send)) as core, psycopg.connect(postgres) as other:
        watch = Watch(core)
        before = watch.trouble()
        other.execute("LOCK TABLE jackfield.leases IN ACCESS EXCLUSIVE MODE")
        held = watch.trouble()
        other.rollback()
        after = watch.trouble()
    assert (before, held, after) == (None, "it can be read, and not be written: Unavailable", None)


def test_a_ledger_that_cannot_be_written_is_told_of_by_readyz(house: House) -> None:
    class Refusing:
        def release(self, lease: Lease) -> None:
            raise Unavailable("another process holds it for too long", place="/secret/place")

    operations = evolve(house.core.prompts.operations, leases=cast("Leases", Refusing()))
    house.serving.watch.core = evolve(house.core, prompts=evolve(house.core.prompts, operations=operations))
    found = house.get("/readyz")
    assert (found.status, found.json["ledger"]["detail"], b"secret" in found.body) == (
        503,
        "it can be read, and not be written: Unavailable",
        False,
    )
