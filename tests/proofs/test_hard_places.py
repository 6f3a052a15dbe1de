"""Promise K1: in every hard place a clear error or a correct wait, nothing lost, and afterwards it works."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.sqlite.presence import Presence
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import OpenedBeforeFork, OutcomeUnknown, Unavailable
from jackfield.domain.model.events import verify
from jackfield.domain.services.prompts import ActingPrompts
from tests.forks import Forked
from tests.proofs.disks import mounted
from tests.proofs.sizes import sized
from tests.proofs.test_recovery import RACERS, opened, start
from tests.unit.services.conftest import FIRST, NAME, House, version

WRITES = sized(24, full=60)
HOLDERS = "abcd"[: sized(3, full=4)]

HOLDER = """
import os, sys
from datetime import timedelta
from pathlib import Path
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION

path, name, tries = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
inside, tokens = path.with_name("inside"), path.with_name("tokens")
with SqliteLedger(path) as ledger:
    leases = SqliteLeases(ledger.file, SystemClock())
    given = 0
    while given < tries:
        lease = leases.acquire(ORGANIZATION, "one at a time", holder=name, lifetime=timedelta(minutes=1))
        if lease is None:
            continue
        os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails if anybody else is in
        with tokens.open("a") as file:
            file.write(f"{lease.token}\\n")
        inside.unlink()
        leases.release(lease)
        given += 1
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house" / "state")
    yield house
    for core in house.cores:
        core.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


def test_processes_hold_a_lease_one_at_a_time_with_rising_tokens(path: Path) -> None:
    tries = sized(25, full=500)
    SqliteLedger(path).close()
    processes = [
        Forked[bytes](["-c", HOLDER, str(path), name, str(tries)], stderr=subprocess.PIPE) for name in HOLDERS
    ]
    assert [p.communicate()[1] for p in processes] == [b""] * len(HOLDERS)
    tokens = [int(line) for line in path.with_name("tokens").read_text().splitlines()]
    assert tokens == list(range(1, len(HOLDERS) * tries + 1))
    print(f"\nLeases: {len(tokens)} given to {len(HOLDERS)} processes one at a time, with rising tokens")


def test_leases_and_cores_are_not_used_across_a_fork(house: House, path: Path) -> None:
    core = house.open()
    me = core.acting_as("mina", reason="-").prompts
    me.publish(FIRST)
    with SqliteLedger(path) as ledger:
        leases = SqliteLeases(ledger.file, FrozenClock())
        lease = leases.acquire(ORGANIZATION, "job", holder="a", lifetime=timedelta(minutes=1))
        assert lease is not None
        verbs: tuple[Callable[[], object], ...] = (
            lambda: leases.acquire(ORGANIZATION, "job", holder="a", lifetime=timedelta(minutes=1)),
            lambda: leases.renew(lease, timedelta(minutes=1)),
            lambda: leases.release(lease),
            lambda: leases.held(ORGANIZATION, "job"),
            lambda: ledger.erase(ORGANIZATION, []),
            lambda: me.publish(version("1.1.0")),
            core.audit.verify,
        )
        child = os.fork()
        if child == 0:
            os._exit(sum(_is_refused(verb) for verb in verbs))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(verbs)
        assert list(leases.held(ORGANIZATION, "job")) == [lease]
    assert me.publish(version("1.1.0")).changed


def _is_refused(verb: Callable[[], object]) -> bool:
    try:
        verb()
    except OpenedBeforeFork:
        return True
    return False


def test_a_killed_child_of_a_fork_leaves_the_parents_ledger_alone(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), 9)
        os.waitpid(child, 0)
        ledger.commit(change(prompt(), 1))
        assert verify(chain(ledger)).entries == 2


def test_a_child_of_a_fork_does_not_stand_for_its_parent(path: Path) -> None:
    ledger = SqliteLedger(path)
    (begun, begins), (ended, ends) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ends)
        os.write(begins, b"-")
        os.read(ended, 1)  # until the parent is done
        os._exit(0)
    os.read(begun, 1)
    ledger.close()
    looked = list[bool]()
    Presence(path, timedelta(seconds=1), lambda: looked.append(True)).leave()
    os.close(ends)
    os.waitpid(child, 0)
    assert looked == [True]


def test_a_folder_that_vanishes_is_told_and_works_again_when_it_is_back(path: Path) -> None:
    away = path.parent.with_name("away")
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        path.parent.rename(away)
        with pytest.raises(Unavailable, match=f"{path}: it was moved or removed .* nothing was changed"):
            ledger.commit(change(prompt(), 1))
        away.rename(path.parent)
        ledger.commit(change(prompt(), 1))
    with SqliteLedger(path) as again:
        assert verify(chain(again)).entries == 2


def test_a_folder_that_was_removed_loses_nothing_that_was_said_to_be_kept(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        for file in path.parent.iterdir():
            file.unlink()
        path.parent.rmdir()
        for _ in range(2):
            with pytest.raises(Unavailable, match="moved or removed"):
                ledger.commit(change(prompt(), 1))
    with SqliteLedger(path) as again:
        again.commit(change(prompt()))


def test_a_ledger_that_was_replaced_is_not_written_to(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.commit(change(prompt()))
        for file in path.parent.iterdir():
            file.unlink()
        with SqliteLedger(path) as other:
            with pytest.raises(Unavailable, match="moved or removed"):
                ledger.commit(change(prompt(), 1))
            other.commit(change(prompt()))
            assert verify(chain(other)).entries == 1


def outcome(me: ActingPrompts) -> str:
    """Promote, and say what came of it."""
    try:
        me.promote(me.version(NAME, "1.1.0"))
    except (Unavailable, OutcomeUnknown) as error:
        return f"{type(error).__name__}: {'the disk is full' in str(error)}"
    return "done"


def test_a_disk_that_fills_up_in_any_moment_of_a_promotion(tmp_path: Path) -> None:
    told = list[str]()
    for writes in range(WRITES):
        with mounted() as disk:
            house = House(tmp_path / f"{writes}" / "state")
            core = house.open()
            me = core.acting_as("mina", reason="-").prompts
            me.publish(FIRST)
            me.publish(version("1.1.0"))
            disk.writes_left = writes
            told.append(outcome(me))
            disk.writes_left = float("inf")
            house.clock.advance(timedelta(seconds=121))
            me.publish(version("2.0.0"))
            status = me.status(NAME)
            assert (status.pending, status.platform.drift) == (None, False)
            assert core.audit.verify().entries in {6, 8}
            core.close()
    counts = {what: told.count(what) for what in sorted(set(told))}
    print(f"\nK1: the disk was full after each of {WRITES} writes of a promotion: {counts}")
    assert set(counts) == {"Unavailable: True", "OutcomeUnknown: True", "done"}


def test_of_two_processes_that_promote_one_prompt_one_wins(tmp_path: Path) -> None:
    """Both expect 1.0.0 to be live; who loses is told, and the log tells who won."""
    tmp_path.chmod(0o700)
    numbers = [f"1.{n}.0" for n in range(1, RACERS + 1)]
    with opened(tmp_path) as core:
        me = core.acting_as("mina", reason="-").prompts
        me.publish(FIRST)
        for number in numbers:
            me.publish(version(number))
    racers = [start(tmp_path, "promoter", number=n) for n in range(1, RACERS + 1)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    told = [racer.communicate() for racer in racers]
    assert [err for _, err in told] == [""] * RACERS
    won = [n for n, (out, _) in zip(numbers, told, strict=True) if out == "done\n"]
    assert len(won) == 1
    assert all(out == "done\n" or out.startswith("conflict: prompt escalation") for out, _ in told)
    with opened(tmp_path) as core:
        assert core.prompts.live(NAME).number == won[0]
        promotions = [e.event for e in core.audit.entries() if e.event.type == "prompt.promote"]
        assert [(e.outcome, (e.payload or {})["version"]) for e in promotions] == [
            ("intended", won[0]),
            ("succeeded", won[0]),
        ]
        core.audit.verify()
    print(f"\nK1: {RACERS} processes promoted one prompt: {won[0]} won, the others got Conflict")
