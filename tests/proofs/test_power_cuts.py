"""Promise A2: no acknowledged entry is lost by a power cut; and what a full disk leaves."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, prompt
from jackfield.domain.model.errors import ChainBroken, JackfieldError, Unavailable
from jackfield.domain.model.events import Position, verify
from jackfield.ports.leases import Lease
from tests.proofs.disks import mounted
from tests.proofs.sizes import sized

ROUNDS = sized(4, full=10)
CUTS = sized(25, full=50)


@frozen
class Cut:
    """The files as they were found after a power cut, and how many commits had been acknowledged.

    The newest of those had been made under the lease with this token; of younger leases nobody said more.
    """

    files: dict[str, bytes]
    acknowledged: int
    token: int


def cuts(folder: Path, source: random.Random, *, synchronous: str) -> list[Cut]:
    """Commit one after the other, and cut the power at random moments, also in the middle of a commit."""
    found = list[Cut]()
    with mounted() as disk, SqliteLedger(folder / "ledger.db") as ledger:
        ledger.file.connection.pragma("synchronous", synchronous)
        ledger.file.connection.pragma("wal_autocheckpoint", 20)
        done = token = 0

        def heard() -> None:
            if source.random() < 0.2 and len(found) < CUTS:
                found.append(Cut(disk.cut(source), done, token))

        disk.heard = heard
        while len(found) < CUTS:
            held = leased(ledger)
            ledger.commit(change(prompt(), done, text="x" * source.randrange(3_000)))
            done, token = done + 1, held.token
            SqliteLeases(ledger.file, SystemClock()).release(held)
        disk.heard = lambda: None
    return found


def leased(ledger: SqliteLedger) -> Lease:
    """Take a lease, for which the disk is not waited."""
    leases, term = SqliteLeases(ledger.file, SystemClock()), timedelta(hours=1)
    lease = leases.acquire(ORGANIZATION, "turn", holder="me", lifetime=term, limit=1_000)
    assert lease is not None
    return lease


def put(files: dict[str, bytes], folder: Path) -> None:
    """Put the files where a ledger is kept."""
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


def kept_after(cut: Cut, folder: Path) -> int:
    """How many commits are there when the power is back; -1 if it cannot be read, or forgot a lease."""
    put(cut.files, folder)
    try:
        with SqliteLedger(folder / "ledger.db") as ledger:
            kept = verify(chain(ledger)).entries
            assert ledger.read(prompt()).revision == kept
            ledger.commit(change(prompt(), kept))
            if leased(ledger).token <= cut.token:  # the lease of a commit is forgotten
                return -1
    except (JackfieldError, ChainBroken):
        return -1
    return kept


def lost(tmp_path: Path, synchronous: str) -> tuple[int, int]:
    """Cut the power in several rounds; return the cuts, and those that lost something acknowledged."""
    source = random.Random(4_471)
    tried = losing = 0
    for number in range(ROUNDS):
        for cut in cuts(tmp_path / f"round-{number}", source, synchronous=synchronous):
            kept = kept_after(cut, tmp_path / f"cut-{tried}")
            tried += 1
            losing += kept < cut.acknowledged
    return tried, losing


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    tried, losing = lost(tmp_path, "FULL")
    print(f"\nA2: {tried} power cuts, {losing} lost an acknowledged commit")
    assert (tried, losing) == (ROUNDS * CUTS, 0)


def test_without_a_sync_at_each_commit_power_cuts_lose_some(tmp_path: Path) -> None:
    tried, losing = lost(tmp_path, "NORMAL")
    print(f"\nA2, control with synchronous=NORMAL: {losing} of {tried} power cuts lost acknowledged commits")
    assert losing > 0


def test_a_power_cut_in_an_erasure_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    source, found = random.Random(4_471), list[dict[str, bytes]]()
    with mounted() as disk, SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        ledger.commit(change(prompt(), events=20))
        disk.heard = lambda: found.append(disk.cut(source))
        ledger.erase(ORGANIZATION, [Position(n) for n in range(1, 11)], change(prompt("erasure")))
        disk.heard = lambda: None
    outcomes = [erased_after(files, tmp_path / f"cut-{n}") for n, files in enumerate(found)]
    print(f"\nA2: {len(found)} power cuts in an erasure, it was done in {outcomes.count((10, 1))} of them")
    assert {(0, 0), (10, 1)} == set(outcomes)


def erased_after(files: dict[str, bytes], folder: Path) -> tuple[int, int]:
    """How many payloads are gone, and whether an entry tells of it."""
    put(files, folder)
    with SqliteLedger(folder / "ledger.db") as ledger:
        return verify(chain(ledger)).detached, ledger.read(prompt("erasure")).revision


def commit_for_ever(ledger: SqliteLedger) -> None:
    while True:
        ledger.commit(change(prompt(), ledger.read(prompt()).revision, text="x" * 5_000))


@pytest.mark.parametrize("writes", range(12))
def test_a_disk_that_is_full_at_any_write_loses_nothing(tmp_path: Path, writes: int) -> None:
    with mounted() as disk, SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        ledger.commit(change(prompt()))
        disk.writes_left = writes
        with pytest.raises(Unavailable, match="the disk is full; nothing was changed; free some space"):
            commit_for_ever(ledger)
        done = len(list(chain(ledger)))
        assert ledger.read(prompt()).revision == done
        disk.writes_left = float("inf")
        ledger.commit(change(prompt(), done))
        assert verify(chain(ledger)).entries == done + 1


@pytest.mark.parametrize("syncs", range(6))
def test_a_disk_that_fails_at_any_sync_loses_nothing(tmp_path: Path, syncs: int) -> None:
    with mounted() as disk, SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        ledger.file.connection.pragma("wal_autocheckpoint", 5)
        ledger.commit(change(prompt()))
        disk.syncs_left = syncs
        with pytest.raises(Unavailable, match="the disk failed; nothing was changed; check the disk"):
            commit_for_ever(ledger)
        done = len(list(chain(ledger)))
        disk.syncs_left = float("inf")
        ledger.commit(change(prompt(), done))
        assert verify(chain(ledger)).entries == done + 1
