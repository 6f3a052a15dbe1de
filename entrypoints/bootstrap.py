"""The one composition root: which adapters a core is made of."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loguru import logger

from jackfield.domain.services.prompts.changing.exporting import Exports
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.prompts.reads import Prompts
from jackfield.domain.services.prompts.records import Records
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.files.folders import own_folder
from jackfield.entrypoints.parts.calling import admitting, connected
from jackfield.entrypoints.parts.choosing import choosing
from jackfield.entrypoints.parts.composing import Composing
from jackfield.entrypoints.parts.exporting import LateMetadata, export_http, export_targets
from jackfield.entrypoints.parts.given import Parts, new_id
from jackfield.entrypoints.parts.late import later, nothing
from jackfield.entrypoints.parts.reaching import LatePrompts, Line, Reaching
from jackfield.entrypoints.parts.reading import Reading
from jackfield.entrypoints.parts.sending import LateReceivers
from jackfield.entrypoints.parts.storing import Store, plugged_store, sqlite_store
from jackfield.entrypoints.plugging.plugged import Plugged, counter, open_plugins
from jackfield.entrypoints.settings import Settings, resolve
from jackfield.entrypoints.settings.ledgers import is_shared
from jackfield.plugins.host import Host
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.genesys.client import Client
    from jackfield.domain.model.events import Verified
    from jackfield.domain.services.audit import Audit
    from jackfield.ports.ledger import Ledger
    from jackfield.ports.prompts import PromptGateway

__all__ = ["Parts", "build", "new_id", "open_core"]

logger.disable("jackfield")  # a library is silent until its program says logger.enable("jackfield")


_INTENT: Final = timedelta(seconds=120)
_MARGIN: Final = timedelta(seconds=30)


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
    """Compose a core from resolved settings; what not every program uses is loaded when it is used."""
    parts = parts or Parts()
    own_folder(settings.folder)
    with ExitStack() as stack:
        late = LateReceivers()
        stack.callback(late.close)  # behind the plugins: what waits for them is told while they are closed
        host = open_plugins(
            settings.rules.plugins, clock=parts.clock, plugged=parts.plugged, admit=admitting(settings)
        )
        stack.callback(host.close)
        http = connected(settings, parts.clock, parts.webhooks or late)
        host.connect(http)
        store = _store(settings, host, parts.clock)
        stack.callback(store.ledger.close)
        line = Reaching(settings=settings, clock=parts.clock, send=parts.send, dial=parts.dial).line(stack)
        client = later(stack, lambda: (_client(settings, line, parts, host), nothing))
        operations = _operations(settings, parts, store, client)
        live_versions = Reading(
            settings=settings,
            operations=operations,
            clock=parts.clock,
            host=host,
            deadline=settings.calls.deadline(bulk=parts.bulk),
        ).live_versions()
        stack.callback(live_versions.close)
        chooses = choosing(settings, operations.records, live_versions)
        prompts = Prompts(
            operations=operations,
            live_versions=live_versions,
            counter=counter(settings.rules, host),
            policy=settings.rules.policy,
            reviewer=host.review,
            choosing=chooses,
            exports=_exports(settings, client, parts, stack),
        )
        composing = Composing(
            settings=settings,
            parts=parts,
            host=host,
            store=store,
            line=line,
            client=client,
            http=http,
            prompts=prompts,
            seals=chooses.seals,
        )
        # They are closed in the opposite order: answers under way before the outcomes that they tell.
        rollouts = later(stack, composing.rollouts)
        assistants = later(stack, lambda: composing.assistants(rollouts()))
        audit = later(stack, composing.audit)
        return Core(
            settings=settings,
            prompts=prompts,
            rollouts=rollouts,
            assistants=assistants,
            sessions=later(stack, composing.sessions),
            advice=later(stack, composing.advice),
            audit=audit,
            deliveries=later(stack, composing.deliveries),
            metrics=later(stack, composing.metrics),
            copy=lambda path: store.copy(path, lambda copied: _verified(audit(), copied)),
            host=host,
            closing=stack.pop_all(),
            breakers=lambda: () if client.made is None else client.made.breakers(),
        )
    raise AssertionError("unreachable: an exit stack hides no exception")


def _operations(settings: Settings, parts: Parts, store: Store, client: Callable[[], Client]) -> Operations:
    records = Records(
        organization=settings.organization, ledger=store.ledger, clock=parts.clock, new_id=parts.new_id
    )
    return Operations(
        records=records,
        gateway=LatePrompts(lambda: _gateway(client())),
        leases=store.leases,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        lifetime=max(_INTENT, settings.calls.deadline(bulk=parts.bulk) + _MARGIN),
    )


def _gateway(client: Client) -> PromptGateway:
    from jackfield.adapters.genesys.prompts import GenesysPrompts

    return GenesysPrompts(client)


def _client(settings: Settings, line: Line, parts: Parts, host: Host) -> Client:
    from jackfield.entrypoints.parts.clients import Calling

    return Calling(
        settings=settings,
        line=line,
        clock=parts.clock,
        jitter=parts.jitter,
        measure=host.measure,
        bulk=parts.bulk,
    ).client()


def _exports(settings: Settings, client: Callable[[], Client], parts: Parts, stack: ExitStack) -> Exports:
    late = LateReceivers()
    stack.callback(late.close)
    targets = export_targets(lambda: export_http(settings, parts.clock, parts.webhooks or late))
    return Exports(source=LateMetadata(client), targets=targets)


def _verified(audit: Audit, copied: Ledger) -> Verified:
    from jackfield.entrypoints.parts.auditing import verified

    return verified(audit, copied)


def _store(settings: Settings, host: Host, clock: Clock) -> Store:
    if settings.ledger is None:
        return sqlite_store(settings.folder, clock)
    place = f"targets.{settings.target}.{settings.ledger_key}"
    if is_shared(settings.ledger):
        from jackfield.entrypoints.parts.sharing import postgres_store

        return postgres_store(settings.ledger, clock, place=place)
    return plugged_store(settings.ledger.reveal(), host, place=place)
