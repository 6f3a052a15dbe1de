"""The one composition root: which adapters a core is made of."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from attrs import field, frozen
from loguru import logger

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Token, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import Hosts, hosts
from jackfield.adapters.http import Send
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.domain.services.audit import Audit
from jackfield.domain.services.prompts import Prompts
from jackfield.domain.services.prompts.live import LiveVersions
from jackfield.domain.services.prompts.operations import Operations
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.folders import own_folder
from jackfield.entrypoints.settings import Settings, refuse_missing, resolve
from jackfield.entrypoints.settings import values as settings_values
from jackfield.ports.clock import Clock
from jackfield.ports.tokens import TokenCounter

logger.disable("jackfield")  # a library is silent until its program says logger.enable("jackfield")


def new_id() -> str:
    """Return a new identifier, 32 hexadecimal digits."""
    return secrets.token_hex(16)


@frozen(kw_only=True)
class Parts:
    """What a test or a demo may put in the place of the real thing."""

    clock: Clock = field(factory=SystemClock)
    new_id: Callable[[], str] = new_id
    send: Send | None = None


def open_core(
    target: str | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    state: str | os.PathLike[str] | None = None,
) -> Core:
    """Open a target: from *config* or the nearest `jackfield.toml`, else the embedded simulator.

    Raises `InvalidInput` for settings or a state folder that do not fit, `Unavailable` if the ledger cannot
    be opened. Nothing is sent yet.
    """
    settings = resolve(target, config=_path(config), state=_path(state))
    return build(settings)


def _path(path: str | os.PathLike[str] | None) -> Path | None:
    return None if path is None else Path(path)


def build(settings: Settings, parts: Parts | None = None) -> Core:
    """Compose a core from resolved settings."""
    parts = parts or Parts()
    own_folder(settings.folder)
    with ExitStack() as stack:
        ledger = SqliteLedger(settings.folder / "ledger.db")
        stack.callback(ledger.close)
        send, places = _platform(settings, parts, stack)
        gateway = GenesysPrompts(_client(settings, send, places, parts.clock))
        records = Records(
            organization=settings.organization, ledger=ledger, clock=parts.clock, new_id=parts.new_id
        )
        prompts = Prompts(
            operations=Operations(records=records, gateway=gateway, owner=_owner()),
            live_versions=LiveVersions(records),
            counter=counter(settings.rules.token_counter),
            policy=settings.rules.policy,
        )
        audit = Audit(organization=settings.organization, ledger=ledger)
        return Core(settings=settings, prompts=prompts, audit=audit, closing=stack.pop_all())
    raise AssertionError("unreachable: an exit stack hides no exception")


def _platform(settings: Settings, parts: Parts, stack: ExitStack) -> tuple[Send, Hosts]:
    if parts.send is not None:
        return parts.send, hosts(settings.region, base_url=settings.base_url or "http://simulator")
    if settings.platform == "simulator":
        return _simulated(settings, parts, stack), hosts(base_url="http://simulator")
    from jackfield.adapters.genesys.transport import RequestsSend

    proxy = None if settings.proxy is None else settings.proxy.reveal()
    send = RequestsSend(proxy=proxy, ca=settings.ca)
    stack.callback(send.close)
    return send, hosts(settings.region, base_url=settings.base_url)


def _simulated(settings: Settings, parts: Parts, stack: ExitStack) -> Send:
    """The embedded simulator, whose platform is kept in the target's folder."""
    from jackfield.adapters.simulator import FileStore, Platform

    store = FileStore(settings.folder / "simulator.db")
    stack.callback(store.close)
    return Platform(clock=parts.clock, store=store).send


def _client(settings: Settings, send: Send, places: Hosts, clock: Clock) -> Client:
    own = settings.credentials
    if own.missing:
        return Client(send, _Nobody(own), places, clock)
    if own.access_token is not None:
        return Client(send, FixedToken(own.access_token), places, clock)
    credentials = Credentials(own.client_id, own.client_secret)
    return Client(send, Tokens(send, places, credentials, clock), places, clock)


@frozen
class _Nobody:
    """A source without a token: looking at our own record needs none, asking the platform does."""

    credentials: settings_values.Credentials

    def current(self) -> Token:
        """Raise `InvalidInput` that says what is missing."""
        refuse_missing(self.credentials)
        raise AssertionError("unreachable: something is missing")

    def drop(self, token: Token) -> None:
        """There is none."""


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def counter(name: str) -> TokenCounter:
    """Return the token counter that the settings name."""
    return QuarterEstimate() if name == "quarter" else UpperEstimate()
