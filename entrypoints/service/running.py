"""Serving a target until somebody wants it to end: opened, served, and ended in order."""

from __future__ import annotations

import gc
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.cli.garbage import collect_as_usual
from jackfield.entrypoints.service.ending import ended
from jackfield.entrypoints.service.frame import Wsgi
from jackfield.entrypoints.service.servers.choosing import made, refuse_missing_extra
from jackfield.entrypoints.service.servers.listening import Limits, is_loopback, listen, url_of
from jackfield.entrypoints.settings import Settings, refuse_missing
from jackfield.entrypoints.settings.service import ServiceRules, service_rules

if TYPE_CHECKING:
    from jackfield.adapters.genesys.auth import TokenSource
    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.doctor.probes import Probe
    from jackfield.entrypoints.service.serving import Serving

_HANG_UP: Final = getattr(signal, "SIGHUP", None)
_STOPS: Final = tuple(each for each in (signal.SIGINT, signal.SIGTERM, _HANG_UP) if each is not None)


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
        for job in service.serving.work:
            job.start()
        gc.freeze()  # what is there now stays: a collection need not walk through it
        collect_as_usual()
        told(url_of(listener))
        stop()
        service.serving.draining.set()
        time.sleep(rules.drain_s)
        return ended(service.serving, server)


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
    probe = _probe(core, stack) if simulated is None else None
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
        url="" if probe is None else probe.hosts.api,
        tokens=() if probe is None else tuple(_clients(core, probe)),
        simulated=simulated if loopback else None,
    )
    serving = serving_of(core, given)
    return _Service(serving, application(serving, given))


def measured(settings: Settings) -> Settings:
    """Return settings in which the built-in plugin keeps what is measured, for `/metrics`."""
    plugins = settings.rules.plugins
    tables: dict[str, Mapping[str, object]] = {"prometheus": {}, **plugins.tables}
    return evolve(settings, rules=evolve(settings.rules, plugins=evolve(plugins, tables=tables)))


def _probe(core: Core, stack: ExitStack) -> Probe:
    from jackfield.entrypoints.doctor.probes import Probe

    return Probe(core.settings, core.prompts.operations.records.clock, stack)


def _clients(core: Core, probe: Probe) -> Iterator[TokenSource]:
    """Yield where a token of each OAuth client comes from, to see whether the platform still knows it."""
    from jackfield.adapters.genesys.auth import Credentials, FixedToken, Tokens

    for each in core.settings.clients:
        if each.access_token is not None:
            yield FixedToken(each.access_token)
        else:
            who = Credentials(each.client_id, each.client_secret)
            yield Tokens(probe, probe.hosts, who, core.prompts.operations.records.clock)


def _signals() -> Callable[[], None]:
    """Return what waits for the first signal; the second does what it would do without us, but that a hang-up
    is heard once: a terminal that closes sends it by its shell, and again by itself."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in _STOPS}
    if before.get(_HANG_UP) is signal.SIG_IGN:  # as nohup has it
        del before[_HANG_UP]

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if number == _HANG_UP else handler or signal.SIG_DFL)

    for number in before:
        signal.signal(number, end)
    return lambda: _wait(stop)


def _wait(stop: Event) -> None:
    while not stop.wait(3_600):
        continue
