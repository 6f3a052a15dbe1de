"""Serving a target until somebody wants it to end: opened, served, and ended in order."""

from __future__ import annotations

import gc
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import timedelta
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.entrypoints.cli.garbage import collect_as_usual
from jackfield.entrypoints.service.frame import Wsgi
from jackfield.entrypoints.service.servers.choosing import made, refuse_missing_extra
from jackfield.entrypoints.service.servers.listening import Limits, Server, is_loopback, listen, url_of
from jackfield.entrypoints.settings import Settings, refuse_missing
from jackfield.entrypoints.settings.service import ServiceRules, service_rules

if TYPE_CHECKING:
    from jackfield.adapters.http import Send
    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.service.serving import Serving

_STOPS: Final = (signal.SIGINT, signal.SIGTERM)
_LAST_DELIVERIES_S: Final = 5.0
_CANCELING: Final = 0.75
"""The part of the grace after which answers that still come are canceled, so that their ends are told."""


@frozen(kw_only=True)
class Wanted:
    """Where and how to serve; `server` is one by name, None for the best there is."""

    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 256
    concurrency: int = 64
    server: str | None = None


def serve(
    settings: Settings,
    wanted: Wanted,
    *,
    told: Callable[[str], None],
    wait: Callable[[], None] | None = None,
) -> bool:
    """Serve until *wait* returns (a signal, by default); return whether everything accepted was finished.

    *told* hears the URL when requests are answered. Raises `InvalidInput` for an address that cannot be
    listened on, for one that others reach while no token is known, and for what is not installed.
    """
    name, rules = refuse_missing_extra(wanted.server), service_rules(settings.service)
    refuse_missing(settings.credentials)
    stop = wait or _signals()
    with ExitStack() as stack:
        listener = stack.enter_context(listen(wanted.host, wanted.port))
        refuse_strangers(listener, rules)
        service = _opened(settings, wanted, rules, listener, stack)
        limits = Limits(
            threads=wanted.threads,
            headers=timedelta(seconds=rules.headers_s),
            body=timedelta(seconds=rules.body_s),
        )
        server = made(name, service.app, listener, limits)
        server.start()
        for job in service.serving.jobs:
            job.start()
        gc.freeze()  # what is there now stays: a collection need not walk through it
        collect_as_usual()
        told(url_of(listener))
        stop()
        return _end(service.serving, server)


def refuse_strangers(listener: socket.socket, rules: ServiceRules) -> None:
    """Raise `InvalidInput` where anybody could call: on an address that others reach, or where a token is
    wanted, while none is known."""
    if rules.tokens:
        return
    if not is_loopback(listener):
        raise InvalidInput(
            "others can reach this address, and no token is known",
            place=str(listener.getsockname()[0]),
            remedy="make one with 'jackfield serve token', or listen on 127.0.0.1",
        )
    if rules.require:
        raise InvalidInput(
            "a token is required, and none is known",
            place="service.require",
            remedy="make one with 'jackfield serve token'",
        )


@frozen
class _Service:
    serving: Serving
    app: Wsgi


def _opened(
    settings: Settings, wanted: Wanted, rules: ServiceRules, listener: socket.socket, stack: ExitStack
) -> _Service:
    """Open the core, and compose the service around it; *stack* closes both."""
    from jackfield.entrypoints.bootstrap import Parts, build
    from jackfield.entrypoints.service.access_log import AccessLog
    from jackfield.entrypoints.service.app import Given, application, serving_of, simulated_platform
    from jackfield.entrypoints.service.tracing import RequestIds

    core = stack.enter_context(build(measured(settings), Parts(new_id=RequestIds())))
    loopback = is_loopback(listener)
    simulated = simulated_platform(core, stack)
    probe, url = _probe(core, stack) if simulated is None else (None, "")
    log = AccessLog() if rules.log else None
    if log is not None:
        log.start()
        stack.callback(log.close)
    given = Given(
        rules=rules,
        concurrency=wanted.concurrency,
        loopback=loopback,
        log=log,
        probe=probe,
        url=url,
        simulated=simulated if loopback else None,
    )
    serving = serving_of(core, given)
    return _Service(serving, application(serving, given))


def measured(settings: Settings) -> Settings:
    """Return settings in which the built-in plugin keeps what is measured, for `/metrics`."""
    plugins = settings.rules.plugins
    tables: dict[str, Mapping[str, object]] = {"prometheus": {}, **plugins.tables}
    return evolve(settings, rules=evolve(settings.rules, plugins=evolve(plugins, tables=tables)))


def _probe(core: Core, stack: ExitStack) -> tuple[Send, str]:
    from jackfield.entrypoints.doctor.probes import Probe

    probe = Probe(core.settings, core.prompts.operations.records.clock, stack)
    return probe, probe.hosts.api


def _signals() -> Callable[[], None]:
    """Return what waits for the first signal; the second does what it would do without us."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in _STOPS}

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    for number in _STOPS:
        signal.signal(number, end)
    return lambda: _wait(stop)


def _wait(stop: Event) -> None:
    while not stop.wait(3_600):
        continue


def _end(serving: Serving, server: Server) -> bool:
    """Finish what was accepted, then deliver what can be: each within its time."""
    grace = serving.rules.grace_s
    for job in serving.jobs:
        job.stop()
    ended = _stopped(serving, server, grace)
    ends = time.monotonic() + _LAST_DELIVERIES_S
    idle = min((job.join(max(0.0, ends - time.monotonic())) for job in serving.jobs), default=True)
    with suppress(JackfieldError):
        serving.core.deliveries.run(timedelta(seconds=_LAST_DELIVERIES_S), firm=True)
    return ended and idle


def _stopped(serving: Serving, server: Server, grace: float) -> bool:
    from threading import Timer

    canceling = Timer(grace * _CANCELING, serving.ending.set)
    canceling.daemon = True
    canceling.start()
    try:
        return server.stop(grace)
    finally:
        canceling.cancel()
        serving.ending.set()
