"""The one composition root: which adapters a core is made of."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve, field, frozen
from loguru import logger

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Token, Tokens, TokenSource
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.metadata import GenesysMetadata
from jackfield.adapters.genesys.metrics import GenesysMetrics
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import Hosts, hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.retries import Jitter
from jackfield.adapters.genesys.resilience.telemetry import Telemetry
from jackfield.adapters.http import Send
from jackfield.adapters.sockets import Dial
from jackfield.domain.services.audit import Audit, unlooked
from jackfield.domain.services.metrics import Metrics
from jackfield.domain.services.prompts import Prompts
from jackfield.domain.services.prompts.exporting import Exports
from jackfield.domain.services.prompts.operations import Operations
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.files.folders import own_folder
from jackfield.entrypoints.parts.asking import Asking, Hooks, dialing, plugged_hooks, undialed
from jackfield.entrypoints.parts.calling import admitting, connected
from jackfield.entrypoints.parts.delivering import Delivering, LateReceivers
from jackfield.entrypoints.parts.exporting import export_http, export_targets
from jackfield.entrypoints.parts.reading import Reading
from jackfield.entrypoints.parts.rolling import Rolling
from jackfield.entrypoints.parts.sending import LateSend
from jackfield.entrypoints.parts.sharing import postgres_store
from jackfield.entrypoints.parts.storing import Store, plugged_store, sqlite_store
from jackfield.entrypoints.plugging.plugged import Plugged, counter, open_plugins
from jackfield.entrypoints.settings import Settings, refuse_missing, resolve
from jackfield.entrypoints.settings import values as settings_values
from jackfield.entrypoints.settings.ledgers import is_shared
from jackfield.plugins.host import Host
from jackfield.ports.clock import Clock
from jackfield.ports.telemetry import Measure

if TYPE_CHECKING:
    from jackfield.adapters.simulator import Platform

logger.disable("jackfield")  # a library is silent until its program says logger.enable("jackfield")


_INTENT: Final = timedelta(seconds=120)
_MARGIN: Final = timedelta(seconds=30)


def new_id() -> str:
    """Return a new identifier, 32 hexadecimal digits."""
    return secrets.token_hex(16)


@frozen(kw_only=True)
class Parts:
    """What a test or a demo may put in the place of the real thing.

    `jitter` gives [0, 1). `bulk` work lets people's calls pass, and its calls may take longer.
    `webhooks` makes the calls to receivers; they are guarded all the same. `dial` opens the stream of answers
    where `send` stands for the platform. `conversations` is who selects, summarizes and redacts:
    the plugins, if it is None.
    """

    clock: Clock = field(factory=SystemClock)
    new_id: Callable[[], str] = new_id
    send: Send | None = None
    jitter: Jitter = random.random
    bulk: bool = False
    plugged: Plugged = field(factory=Plugged)
    webhooks: Send | None = None
    dial: Dial | None = None
    conversations: Hooks | None = None


def open_core(
    target: str | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    state: str | os.PathLike[str] | None = None,
    console: bool = False,
    bulk: bool = False,
) -> Core:
    """Open a target: from *config* or the nearest `jackfield.toml`, else the embedded simulator.

    Raises `InvalidInput` for settings or a state folder that do not fit. The ledger is opened when it is
    first needed: until then nothing tells whether it can be. Nothing is sent yet. *console* draws progress
    bars on standard error, if it is a terminal. *bulk* work lets people's calls pass.
    """
    settings = resolve(target, config=_path(config), state=_path(state))
    return build(settings, Parts(plugged=Plugged(console=console), bulk=bulk))


def _path(path: str | os.PathLike[str] | None) -> Path | None:
    return None if path is None else Path(path)


def build(settings: Settings, parts: Parts | None = None) -> Core:
    """Compose a core from resolved settings."""
    parts = parts or Parts()
    own_folder(settings.folder)
    with ExitStack() as stack:
        late = LateReceivers()
        stack.callback(late.close)  # behind the plugins: what waits for them is told while they are closed
        host = open_plugins(
            settings.rules.plugins, clock=parts.clock, plugged=parts.plugged, admit=admitting(settings)
        )
        stack.callback(host.close)
        host.connect(connected(settings, parts.clock, parts.webhooks or late))
        store = _store(settings, host, parts.clock)
        ledger = store.ledger
        stack.callback(ledger.close)
        send, dial, places = _platform(settings, parts, stack)
        client = _client(settings, send, places, parts, host.measure)
        gateway = GenesysPrompts(client)
        records = Records(
            organization=settings.organization, ledger=ledger, clock=parts.clock, new_id=parts.new_id
        )
        deadline = settings.calls.deadline(bulk=parts.bulk)
        operations = Operations(
            records=records,
            gateway=gateway,
            leases=store.leases,
            owner=_owner(),
            lifetime=max(_INTENT, deadline + _MARGIN),
        )
        reading = Reading(
            settings=settings, operations=operations, clock=parts.clock, host=host, deadline=deadline
        )
        live_versions = reading.live_versions()
        stack.callback(live_versions.close)
        measured = GenesysMetrics(client.of("metrics"))
        choosing, rollouts = Rolling(
            settings=settings,
            operations=operations,
            live_versions=live_versions,
            host=host,
            measured=measured,
        ).opened()
        stack.callback(rollouts.buffer.close)
        prompts = Prompts(
            operations=operations,
            live_versions=live_versions,
            counter=counter(settings.rules, host),
            policy=settings.rules.policy,
            reviewer=host.review,
            choosing=choosing,
            exports=_exports(settings, client, parts, stack),
        )
        assistants, unheard = Asking(
            settings=settings,
            client=client,
            prompts=prompts,
            rollouts=rollouts,
            dial=dial,
            jitter=parts.jitter,
            measure=host.measure,
            hooks=parts.conversations or plugged_hooks(host),
        ).opened()
        stack.callback(unheard)
        audit = Audit(organization=settings.organization, ledger=ledger, clock=parts.clock, look=store.look)
        deliveries, undelivered = Delivering(
            settings=settings,
            host=host,
            client=client,
            records=records,
            leases=store.leases,
            owner=operations.owner,
            jitter=parts.jitter,
            webhooks=parts.webhooks,
        ).opened()
        stack.callback(undelivered)
        return Core(
            settings=settings,
            prompts=prompts,
            rollouts=rollouts,
            assistants=assistants,
            deliveries=deliveries,
            audit=audit,
            metrics=Metrics(prompts=records, measured=measured),
            copy=lambda path: store.copy(
                path, lambda copied: evolve(audit, ledger=copied, look=unlooked).verify()
            ),
            host=host,
            closing=stack.pop_all(),
            breakers=client.breakers,
        )
    raise AssertionError("unreachable: an exit stack hides no exception")


def _exports(settings: Settings, client: Client, parts: Parts, stack: ExitStack) -> Exports:
    late = LateReceivers()
    stack.callback(late.close)
    targets = export_targets(lambda: export_http(settings, parts.clock, parts.webhooks or late))
    return Exports(source=GenesysMetadata(client), targets=targets)


def _store(settings: Settings, host: Host, clock: Clock) -> Store:
    if settings.ledger is None:
        return sqlite_store(settings.folder, clock)
    place = f"targets.{settings.target}.{settings.ledger_key}"
    if is_shared(settings.ledger):
        return postgres_store(settings.ledger, clock, place=place)
    return plugged_store(settings.ledger.reveal(), host, place=place)


_Opening: TypeAlias = Callable[[], Dial]


def _platform(settings: Settings, parts: Parts, stack: ExitStack) -> tuple[Send, _Opening, Hosts]:
    """Return the line to the platform, what gives that to its stream, and where it is."""
    given = parts.dial
    if parts.send is not None:
        places = hosts(settings.region, base_url=settings.base_url or "http://simulator")
        return parts.send, lambda: given or undialed, places
    if settings.platform == "simulator":
        platform = _simulated(settings, parts, stack)
        return platform.send, lambda: given or platform.dial, hosts(base_url="http://simulator")
    send = LateSend(settings)
    stack.callback(send.close)
    return send, lambda: given or dialing(settings), hosts(settings.region, base_url=settings.base_url)


def _simulated(settings: Settings, parts: Parts, stack: ExitStack) -> Platform:
    """The embedded simulator, whose platform is kept in the target's folder."""
    from jackfield.adapters.simulator import FileStore, Platform

    store = FileStore(settings.folder / "simulator.db")
    stack.callback(store.close)
    return Platform(clock=parts.clock, store=store)


def _client(settings: Settings, send: Send, places: Hosts, parts: Parts, measure: Measure) -> Client:
    telemetry = Telemetry(organization=settings.organization, measure=measure)
    policy = Policy(send, parts.clock, rules=settings.calls, jitter=parts.jitter, telemetry=telemetry)
    lanes = [policy.lane(tokens) for tokens in _tokens(settings, policy, places)]
    return Client(policy, lanes, places, bulk=parts.bulk)


def _tokens(settings: Settings, policy: Policy, places: Hosts) -> Iterator[TokenSource]:
    """Give a source of tokens for each OAuth client of the target."""
    own = settings.credentials
    if own.missing:
        yield _Nobody(own)
    elif own.access_token is not None:
        yield FixedToken(own.access_token)
    else:
        for each in (own, *settings.more_clients):
            client = Credentials(each.client_id, each.client_secret)
            timeout = policy.rules.token_timeout
            yield Tokens(policy.login(), places, client, policy.clock, timeout=timeout)


@frozen
class _Nobody:
    """A source without a token: looking at our own record needs none, asking the platform does."""

    credentials: settings_values.Credentials

    def current(self, ends: float = inf) -> Token:
        """Raise `InvalidInput` that says what is missing."""
        del ends  # it is missing at once
        refuse_missing(self.credentials)
        raise AssertionError("unreachable: something is missing")

    def drop(self, token: Token) -> None:
        """There is none."""


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
