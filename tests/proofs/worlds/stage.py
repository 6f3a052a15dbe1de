"""What stands in the place of threads in a world: turns for those that live on, at once for others."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any, Final, Self
from unittest.mock import patch

from jackfield.adapters.genesys.stream import hearing, switchboard
from jackfield.adapters.simulator.platform import dialing
from jackfield.domain.services.advice.keeping import leasing
from jackfield.domain.services.advice.querying import crew, renewing
from jackfield.domain.services.advice.querying import flights as advice_flights
from jackfield.domain.services.assistants import replies
from jackfield.domain.services.deliveries import cutting, passing, service
from jackfield.domain.services.prompts.choosing import seals
from jackfield.domain.services.prompts.live import flights, last_known
from jackfield.domain.services.rollouts import bells, buffering
from jackfield.plugins import isolation
from tests.proofs.mortals import Killed
from tests.proofs.worlds.turns import Bell, Condition, Never, Thread, Turns

_LOOK_MS: Final = 250
"""How often an idle socket looks at the platform: each look is a turn."""


class AtOnce:
    """In the place of a thread whose work its starter waits for: it is done when it is started."""

    def __init__(
        self,
        *,
        target: Callable[..., object],
        args: tuple[Any, ...] = (),
        name: str = "",
        daemon: bool = False,
    ) -> None:
        self.target, self.args, self.name, self.daemon = target, args, name, daemon

    def start(self) -> None:
        """Do it; what is raised would have ended the thread alone."""
        with suppress(Exception):
            self.target(*self.args)

    def join(self, timeout: float | None = None) -> None:
        """It is over."""

    def is_alive(self) -> bool:
        """It is over."""
        return False


class Nobody(AtOnce):
    """In the place of a thread that cannot be started: who wanted it does its work himself."""

    def start(self) -> None:
        """Start none."""
        raise RuntimeError("no thread")


class OneByOne:
    """In the place of a `ThreadPoolExecutor`: each call is made when it is given."""

    def __init__(self, *_: object, **__: object) -> None:
        self._shut = False

    def submit(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        """Make the call."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args))
        except Killed:
            raise
        except Exception as error:  # noqa: BLE001  # it is the future's
            future.set_exception(error)
        return future

    def map(self, call: Callable[..., Any], *several: Iterable[Any]) -> Iterator[Any]:
        """Make the calls."""
        return iter([call(*each) for each in zip(*several, strict=False)])

    def shutdown(self, **_: object) -> None:
        """There is nothing under way."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Silent:
    """In the place of `atexit`: a killed process does nothing at its end."""

    def register(self, *_: object) -> None:
        """Do nothing."""

    unregister = register


def _with(kind: type[Any], **makes: Callable[[], object]) -> Any:
    """Return an `__init__` that puts other things into some fields."""
    begun = kind.__init__

    def init(self: Any, *args: Any, **fields: Any) -> None:
        begun(self, *args, **fields)
        for name, make in makes.items():
            setattr(self, name, make())

    return patch.object(kind, "__init__", init)


def _swaps() -> Iterator[Any]:
    """Everything that is swapped; a name that is gone fails loudly."""
    at_once = SimpleNamespace(Thread=AtOnce, Event=Event, Lock=Lock)
    yield patch.object(switchboard, "Thread", Thread)
    yield patch.object(buffering, "Thread", Thread)
    yield patch.object(bells, "Bell", Bell)
    yield patch.object(buffering, "atexit", Silent())
    yield patch.object(hearing, "_NEVER", Never())
    yield patch.object(dialing, "threading", SimpleNamespace(Condition=Condition))
    yield patch.object(dialing, "_LOOK_MS", _LOOK_MS)
    yield patch.object(cutting, "threading", at_once)
    yield patch.object(isolation, "threading", at_once)
    yield patch.object(last_known, "Thread", Nobody)
    yield patch.object(renewing, "Thread", Nobody)
    for module in (flights, seals, advice_flights, leasing):
        yield patch.object(module, "Thread", AtOnce)
    for pool in (passing, service, crew):
        yield patch.object(pool, "ThreadPoolExecutor", OneByOne)
    yield _with(switchboard.Switchboard, lock=Condition)
    yield _with(replies.Reply, _change=Condition)
    yield _with(buffering.Buffer, _change=Condition)


@contextmanager
def taking_turns(turns: Turns) -> Generator[None]:
    """Let all threads of cores that are made in the block take turns."""
    swaps = list(_swaps())
    for kind in (Bell, Condition, Thread, Never):
        kind.turns = turns
    begun = list[Any]()
    try:
        for swap in swaps:
            swap.start()
            begun.append(swap)
        yield
    finally:
        for swap in reversed(begun):
            swap.stop()
