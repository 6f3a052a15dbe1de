"""Threads that take turns: one runs at a time, and who is next is the seed's choice.

They stand in the place of `threading`'s where a core has threads that live on (the pump of the stream, the
buffers). Whoever waits hands over; if nobody can go on, time passes until somebody can. So a run depends on
its seed alone, though every thread is a real one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final, Self

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.ports.clock import Clock
from tests.proofs.mortals import Killed

_MOST: Final = 50_000
_FOREVER: Final = float("inf")
_PATIENCE_S: Final = 60


class Stuck(AssertionError):
    """Nobody can go on any more, or all go round in circles."""


@define(eq=False)
class Task:
    """One thread; it may go on when its gate is opened."""

    owner: object
    gate: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    ready: bool = True
    until: float = _FOREVER
    awaits: object = None
    killed: bool = False
    over: bool = False
    thread: threading.Thread | None = None


@define(eq=False)
class Turns:
    """Whose turn it is. `owner` is the process that threads which are begun now belong to."""

    clock: Clock
    chance: Random
    owner: object = None
    main: Task = field(init=False)
    running: Task = field(init=False)
    tasks: list[Task] = field(init=False)
    switches: int = 0
    broken: BaseException | None = None
    dead: bool = False

    def __attrs_post_init__(self) -> None:
        self.main = self.running = Task(None)
        self.tasks = [self.main]

    def begin(self, target: Callable[[], object]) -> Task:
        """Have another thread, whose turn comes later."""
        task = Task(self.owner)
        task.thread = threading.Thread(target=self._run, args=(task, target), daemon=True)
        self.tasks.append(task)
        task.thread.start()
        return task

    def wait(self, awaited: object, seconds: float | None) -> bool:
        """Hand over until somebody tells of *awaited*, or time is up; say whether somebody did."""
        mine = self.running
        mine.ready, mine.awaits = False, awaited
        mine.until = _FOREVER if seconds is None else self.clock.monotonic() + seconds
        self._hand_over(mine)
        told, mine.ready, mine.awaits = mine.ready, True, None
        return told

    def tell(self, awaited: object) -> None:
        """Let those who wait for it go on at their next turn."""
        for task in self.tasks:
            if task.awaits is awaited:
                task.ready = True

    def pause(self) -> None:
        """Let somebody else have a turn, or not."""
        self.running.ready, self.running.awaits = True, None
        self._hand_over(self.running)

    def settle(self) -> None:
        """Let all others go on until they wait for something that is not there."""
        self.switches = 0
        while any(self._can(task) for task in self.tasks if task is not self.main):
            self.pause()

    def kill(self, owner: object) -> None:
        """End the threads of a process at the point where they are."""
        for task in [each for each in self.tasks if each.owner is owner and each is not self.main]:
            task.killed = True
            while not task.over:
                self._switch(self.running, task)

    def _run(self, task: Task, target: Callable[[], object]) -> None:
        task.gate.acquire()
        try:
            self._look(task)
            target()
        except Killed:
            self.dead = self.dead or task.owner is self.owner
        except BaseException as error:  # noqa: BLE001  # told where the world is looked at
            self.broken = error
        task.over = True
        self.tasks.remove(task)
        self.tell(task)
        following = self.main if task.killed else self._next()
        self.running = following
        following.gate.release()

    def _hand_over(self, mine: Task) -> None:
        self.switches += 1
        if self.switches > _MOST:
            raise Stuck("threads wait for one another for ever")
        following = self._next()
        if following is not mine:
            self._switch(mine, following)
        self._look(mine)

    def _switch(self, mine: Task, following: Task) -> None:
        self.running = following
        following.gate.release()
        if not mine.gate.acquire(timeout=_PATIENCE_S):
            raise Stuck("a thread waits for something that no other has a turn to give")

    def _look(self, mine: Task) -> None:
        if mine.killed or (mine is self.main and self.dead):
            raise Killed

    def _can(self, task: Task) -> bool:
        return task.ready or task.until <= self.clock.monotonic()

    def _next(self) -> Task:
        able = [task for task in self.tasks if self._can(task)]
        if able:
            return self.chance.choice(able) if len(able) > 1 else able[0]
        first = min(self.tasks, key=lambda task: task.until)
        if first.until == _FOREVER:
            raise Stuck("every thread waits for ever")
        self.clock.sleep(timedelta(seconds=first.until - self.clock.monotonic()) + timedelta(microseconds=1))
        return first


class Condition:
    """In the place of `threading.Condition`: who has the turn has the lock."""

    turns: Turns  # set while a world lives

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, timeout: float | None = None) -> bool:
        """Hand over until it is told, or time is up."""
        return self.turns.wait(self, timeout)

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Hand over until *predicate* holds, or time is up."""
        ends = _FOREVER if timeout is None else self.turns.clock.monotonic() + timeout
        while not (found := predicate()) and (left := ends - self.turns.clock.monotonic()) > 0:
            self.wait(None if left == _FOREVER else left)
        return found

    def notify_all(self) -> None:
        """Let all who wait go on."""
        self.turns.tell(self)

    def notify(self, _: int = 1) -> None:
        """Let all who wait go on: they look again."""
        self.turns.tell(self)


class Thread:
    """In the place of `threading.Thread`, for one that lives on."""

    turns: Turns

    def __init__(
        self, *, target: Callable[[], object], name: str | None = None, daemon: bool | None = None
    ) -> None:
        self.target, self.name, self.daemon = target, name, daemon
        self.task: Task | None = None

    def start(self) -> None:
        """Have it take turns."""
        self.task = self.turns.begin(self.target)

    def join(self, timeout: float | None = None) -> None:
        """Hand over until it is over, or time is up."""
        ends = _FOREVER if timeout is None else self.turns.clock.monotonic() + timeout
        while self.task is not None and not self.task.over and self.turns.clock.monotonic() < ends:
            self.turns.wait(self.task, None if timeout is None else ends - self.turns.clock.monotonic())

    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self.task is not None and not self.task.over


class Never:
    """In the place of an `Event` that nobody sets: waiting for it is handing over."""

    turns: Turns

    def wait(self, timeout: float | None = None) -> bool:
        """Hand over, until time is up."""
        return self.turns.wait(self, timeout)


class Bell:
    """In the place of a buffer's `Bell`: who waits hands over until it rings."""

    turns: Turns

    def __init__(self, since: int, until: int, losses: int) -> None:
        self.since, self.until, self.losses = since, until, losses
        self.error: JackfieldError | None = None
        self.rung = False

    def wait(self, seconds: float) -> bool:
        """Hand over until it rings, or time is up."""
        return self.rung or self.turns.wait(self, seconds)

    def ring(self, error: JackfieldError | None = None) -> None:
        """Let who waits go on."""
        self.error, self.rung = error, True
        self.turns.tell(self)
