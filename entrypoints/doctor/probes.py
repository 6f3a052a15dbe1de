"""Calls of the platform that read, wait a few seconds at most, and are made once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from attrs import evolve, frozen

from jackfield.adapters.genesys.regions import Hosts, hosts
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.settings import Settings
from jackfield.ports.clock import Clock

T = TypeVar("T")

PATIENCE: Final = timedelta(seconds=4)
_SLACK: Final = timedelta(seconds=2)


@frozen
class Heard:
    """An answer, and the time of ours in the middle of its call."""

    response: Response
    at: datetime


class Probe:
    """A `Send` to the target's platform that does not wait long, and keeps what it heard last."""

    def __init__(self, settings: Settings, clock: Clock, stack: ExitStack) -> None:
        self._settings = settings
        self._clock = clock
        self._stack = stack
        self._send: Send | None = None
        self.heard: Heard | None = None

    @property
    def hosts(self) -> Hosts:
        """Where the platform answers; raise `InvalidInput` for a region that is none."""
        if self._settings.platform == "simulator":
            return hosts(base_url="http://simulator")
        return hosts(self._settings.region, base_url=self._settings.base_url)

    def __call__(self, request: Request) -> Response:
        """Make the call; raise `Unavailable` when no answer comes in time."""
        send = self._opened()
        short = evolve(request, deadline=PATIENCE, read_timeout=PATIENCE)
        begun = self._clock.now()
        response = within(PATIENCE + _SLACK, lambda: send(short))
        self.heard = Heard(response, begun + (self._clock.now() - begun) / 2)
        return response

    def _opened(self) -> Send:
        if self._send is None:
            self._send = self._open()
        return self._send

    def _open(self) -> Send:
        if self._settings.platform == "simulator":
            return self._embedded()
        from jackfield.adapters.genesys.transport import RequestsSend

        proxy = None if self._settings.proxy is None else self._settings.proxy.reveal()
        send = RequestsSend(proxy=proxy, ca=self._settings.ca)
        self._stack.callback(send.close)
        return send

    def _embedded(self) -> Send:
        """The embedded platform; one that was never used stays so."""
        from jackfield.adapters.simulator import FileStore, Platform

        path = self._settings.folder / "simulator.db"
        if not path.exists():
            return Platform(clock=self._clock).send
        store = FileStore(path)
        self._stack.callback(store.close)
        return Platform(clock=self._clock, store=store).send


def within(patience: timedelta, call: Callable[[], T]) -> T:
    """Return what *call* returns, or raise what it raises; `Unavailable` if it takes longer.

    (Neither the resolver nor a host of many addresses can be given a deadline. The thread is left alone.)
    """
    results = SimpleQueue[tuple[T | None, BaseException | None]]()

    def work() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001  # it is raised by whoever waits
            results.put((None, error))

    threading.Thread(target=work, name="jackfield-doctor", daemon=True).start()
    try:
        result, error = results.get(timeout=patience.total_seconds())
    except Empty:
        raise Unavailable(
            f"no answer in {patience.total_seconds():.0f} s", remedy="check the network, proxy and firewall"
        ) from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only if the call returns it
