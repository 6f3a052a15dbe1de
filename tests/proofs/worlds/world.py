"""One world: its platforms, processes, disk and clocks, and what happens in it, all by one seed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Final, Self
from unittest.mock import patch

import apsw
from attrs import define, evolve, field

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Faults, FaultyDial, FaultySend, Platform
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START, Position
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization, organization
from jackfield.domain.services.advice.values import Advised
from jackfield.entrypoints import bootstrap
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Acting, Core
from jackfield.entrypoints.parts import advising, reading
from jackfield.entrypoints.parts.storing import Store, sqlite_store
from jackfield.ports.clock import Clock
from tests.proofs.disks import Disk
from tests.proofs.mortals import Killed, Life, MortalLeases
from tests.proofs.worlds import disk, makings
from tests.proofs.worlds.canaries import Canaries, watching
from tests.proofs.worlds.hands import Hands, Passed
from tests.proofs.worlds.kept import Acknowledged, SharedCache, WitnessedLedger
from tests.proofs.worlds.lines import WatchedDial, WatchedLine
from tests.proofs.worlds.receiver import Receiver
from tests.proofs.worlds.stage import taking_turns
from tests.proofs.worlds.turns import Turns

FOREVER: Final = float("inf")


@define(eq=False)
class Book:
    """What the world knows of an organization: what its people were told, and what they were shown.

    `replaced` is when each edition of its knowledge base was, `heard` up to where its log was looked at.
    """

    started: list[str] = field(factory=list[str])
    told: dict[str, dict[str, str]] = field(factory=dict[str, "dict[str, str]"])
    advised: Advised | None = None
    edition: int = 0
    replaced: dict[int, timedelta] = field(factory=dict[int, timedelta])
    heard: Position = START


@define(eq=False)
class House:
    """One organization: its platform, and the faults on the way there."""

    organization: Organization
    platform: Platform
    faults: Faults
    send: Send
    book: Book = field(factory=Book)


@define(eq=False)
class Process:
    """One process of an organization's program, and how long it lives."""

    number: int
    house: House
    life: Life
    core: Core
    raw: Store

    @property
    def me(self) -> Acting:
        """The core with whoever acts in this process."""
        return self.core.acting_as(f"process-{self.number}", reason="a walk")


@define(eq=False)
class World:
    """Everything that there is. `chance` is what happens; the other streams of luck do not depend on it."""

    seed: int
    chance: Random = field(init=False)
    passed: Passed = field(factory=Passed)
    canaries: Canaries = field(factory=Canaries)
    acknowledged: Acknowledged = field(factory=Acknowledged)
    trace: list[str] = field(factory=list[str])
    counts: dict[str, int] = field(factory=dict[str, int])
    houses: list[House] = field(factory=list[House])
    processes: list[Process] = field(factory=list[Process])
    clock: Hands = field(init=False)
    platforms_clock: Hands = field(init=False)
    turns: Turns = field(init=False)
    receiver: Receiver = field(init=False)
    disk: Disk = field(init=False)
    witness: SqliteLedger = field(init=False)
    folder: Path = field(init=False)
    rates: dict[str, float] = field(init=False)
    _root: Path = field(factory=lambda: Path(tempfile.mkdtemp(prefix="jackfield-world-")))
    _stack: ExitStack = field(factory=ExitStack)
    _raw: list[Store] = field(factory=list[Store])
    _ledgers: list[SqliteLedger] = field(factory=list[SqliteLedger])
    _caches: dict[Path, MemoryCache] = field(factory=dict[Path, MemoryCache])
    _numbers: Iterator[int] = field(factory=lambda: count(1))
    _folders: Iterator[int] = field(factory=lambda: count(0))
    _opening: Life = field(factory=Life)

    def __attrs_post_init__(self) -> None:
        self.chance = self.luck("what happens")
        self.clock, self.platforms_clock = Hands(self.passed), Hands(self.passed)
        self.turns = Turns(self.clock, self.luck("whose turn it is"))
        secret = Secret(self.canaries.word(makings.WEBHOOKS_SECRET))
        self.receiver = Receiver(secret, self.luck("the receiver"), self.clock)
        for word in (makings.CLIENT_SECRET, makings.NOTICES_SECRET, makings.PIN_KEY):
            self.canaries.word(word)

    def luck(self, what: str) -> Random:
        """Return a stream of luck of its own."""
        return Random(f"{self.seed} {what}")

    def __enter__(self) -> Self:
        stack = self._stack
        stack.callback(shutil.rmtree, self._root, ignore_errors=True)
        self.disk = stack.enter_context(disk.mounted())
        stack.enter_context(taking_turns(self.turns))
        stack.enter_context(watching(self.canaries))
        stack.enter_context(patch.object(bootstrap, "sqlite_store", self._store))
        stack.enter_context(patch.object(bootstrap, "platform", SimpleNamespace(node=lambda: "machine")))
        stack.enter_context(patch.object(bootstrap, "os", SimpleNamespace(getpid=lambda: len(self._raw))))
        for module in (reading, advising):
            stack.enter_context(patch.object(module, "DiskCache", self._cache))
        stack.callback(self._close)
        self._move_in({})
        self.rates = makings.rates(self.chance)
        houses, processes = makings.size(self.chance)
        for name in makings.ORGANIZATIONS[:houses]:
            self.houses.append(self._house(name))
        for number in range(max(houses, processes)):
            self.processes.append(self.open(number, self.houses[number % houses]))
        return self

    def __exit__(self, *_: object) -> None:
        self.mend()
        self._stack.close()

    # Processes

    def open(self, number: int, house: House) -> Process:
        """Begin a process in the place of that number."""
        life = self._opening = Life()
        line = WatchedLine(house.send, life, self.canaries.word)
        dial = FaultyDial(house.platform, house.faults)
        parts = Parts(
            clock=self.clock,
            new_id=lambda: f"{next(self._numbers):032x}",
            send=line,
            dial=WatchedDial(dial, life, self.turns, self.luck(f"the stream of {number}")),
            jitter=self.luck(f"the jitter of {number} at {len(self.trace)}").random,
            plugged=makings.plugged(),
            webhooks=self.receiver.line(life),
        )
        core = build(makings.settings(house.organization, self.folder, self.luck("settings")), parts)
        return Process(number=number, house=house, life=life, core=core, raw=self._raw[-1])

    def kill(self, process: Process) -> None:
        """End a process where it is; another comes in its place."""
        self._end(process)
        self.processes[process.number] = self.open(process.number, process.house)

    def reopen(self, process: Process) -> None:
        """Close a process as a program does at its end, and begin another."""
        self.turns.owner = process
        process.core.close()
        self.processes[process.number] = self.open(process.number, process.house)

    def cut_the_power(self) -> None:
        """Lose what was not synced, and every process; begin them anew when the power is back."""
        files = self.disk.cut(self.luck(f"the sectors at {len(self.trace)}"))
        for process in self.processes:
            self._end(process)
        self._move_in({name: content for name, content in files.items() if name.startswith("ledger.db")})
        self.processes = [self.open(each.number, each.house) for each in self.processes]

    def do(self, process: Process, act: Callable[[Process], str], *, dies_after: float = FOREVER) -> str:
        """Let a process do something; return what came of it. Raises what is no error of ours."""
        self.turns.owner, self.turns.switches, self.turns.dead = process, 0, False
        process.life.steps = dies_after
        try:
            came = act(process)
            self.turns.settle()
            if self.turns.broken is not None:
                raise self.turns.broken
        except Killed:
            came = "killed"
        except JackfieldError as error:
            self.canaries.look_at(error)
            came = f"{type(error).__name__} {error.message[:60]}"
        if process not in self.processes:
            return came  # it was ended on purpose
        if process.life.steps <= 0:
            self.kill(process)
            return "killed"
        process.life.steps = FOREVER
        return came

    def _end(self, process: Process) -> None:
        process.life.steps, self.turns.dead = 0, False
        self.turns.kill(process)
        self.turns.dead = False

    # What they are made of

    def _house(self, name: str) -> House:
        seed = self.chance.randrange(1_000_000)
        platform = makings.platform(name, self.platforms_clock, seed)
        faults = Faults(seed=seed)
        return House(organization(name), platform, faults, FaultySend(platform.send, faults, self.clock))

    def _store(self, folder: Path, clock: Clock) -> Store:
        raw, life = sqlite_store(folder, clock), self._opening
        self._raw.append(raw)
        ledger = WitnessedLedger(raw.ledger, life, self.acknowledged.hear)
        return evolve(raw, ledger=ledger, leases=MortalLeases(raw.leases, life))

    def _cache(self, folder: Path, clock: Clock, **_: object) -> SharedCache:
        return SharedCache(self._caches.setdefault(folder, MemoryCache(clock)))

    def _move_in(self, files: dict[str, bytes]) -> None:
        """Let processes be in another folder, with these files."""
        self.folder = self._root / f"folder-{next(self._folders)}"
        self.folder.mkdir(mode=0o700)
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
            (self.folder / name).chmod(0o600)
        self.witness = SqliteLedger(self.folder / "ledger.db")
        self._ledgers.append(self.witness)

    def _close(self) -> None:
        for process in self.processes:
            self._end(process)
        for ledger in (*self._ledgers, *(raw.ledger for raw in self._raw)):
            with suppress(JackfieldError, apsw.Error):  # its folder is thrown away
                ledger.close()

    def pass_time(self, duration: timedelta) -> None:
        """Let time pass for everybody."""
        self.clock.advance(duration)
        self.turns.owner = None
        self.turns.settle()

    def book(self, process: Process) -> Book:
        """Return what is known of a process's organization."""
        return process.house.book

    def make_faults(self, house: House) -> None:
        """Play the world's kinds of faults on the way to a platform, and to receivers."""
        for kind, rate in self.rates.items():
            house.faults.randomly(kind, rate, seconds=makings.seconds(kind, self.chance))

    def mend(self) -> None:
        """Let the disk take and sync all again."""
        self.disk.writes_left = self.disk.syncs_left = FOREVER

    def count(self, what: str) -> None:
        """Count that something happened."""
        self.counts[what] = self.counts.get(what, 0) + 1
