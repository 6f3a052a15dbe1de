"""The ledger: whether it opens and is whole, its head, and what was left pending in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.sqlite.presence import was_made
from jackfield.adapters.sqlite.soundness import check
from jackfield.domain.model.events import START
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.states import Operation, PromptState
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.audit import Audit
from jackfield.entrypoints.doctor.databases import database
from jackfield.entrypoints.doctor.findings import Finding, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.parts.sharing import postgres_store
from jackfield.entrypoints.parts.storing import plugged_store
from jackfield.entrypoints.plugging.plugged import open_plugins
from jackfield.entrypoints.settings.ledgers import is_shared
from jackfield.ports.ledger import Ledger

_PATIENCE: Final = timedelta(seconds=3)
_LARGE_BYTES: Final = 200_000_000
_LONG: Final = 20_000
_FUTURE: Final = timedelta(seconds=30)


def ledger(patient: Patient) -> Iterator[Finding]:
    """Open the ledger, read every page of it, and walk its chain; one that was never made stays so."""
    address = patient.settings.ledger
    if address is not None:
        yield from (_of_database if is_shared(address) else _of_plugin)(patient, address)
        return
    path = patient.settings.folder / "ledger.db"
    if _is_unmade(path):
        yield skipped("ledger", f"{path} is made by the first command")
        return
    opened = SqliteLedger(path, patience=_PATIENCE)
    patient.stack.callback(opened.close)
    size = path.stat().st_size
    if size <= _LARGE_BYTES:
        check(path, _PATIENCE)
    yield from _opened(patient, opened, f"{path} opens, {size / 1e3:,.0f} kB")


def _of_database(patient: Patient, address: Secret) -> Iterator[Finding]:
    found, usable = database(address, patient)
    yield from found
    if usable:
        store = postgres_store(address, patient.clock, place=f"targets.{patient.settings.target}.ledger")
        patient.stack.callback(store.ledger.close)
        yield from _opened(patient, store.ledger, "it opens")


def _is_unmade(path: Path) -> bool:
    """Say whether no ledger was ever here; an empty file is none, and opening it would make one of it."""
    if path.is_symlink() or was_made(path):
        return False
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)


def _of_plugin(patient: Patient, address: Secret) -> Iterator[Finding]:
    host = open_plugins(patient.settings.rules.plugins, clock=patient.clock)
    patient.stack.callback(host.close)
    store = plugged_store(address.reveal(), host, place=f"targets.{patient.settings.target}.ledger")
    patient.stack.callback(store.ledger.close)
    yield from _opened(patient, store.ledger, "a plugin's ledger opens")


def _opened(patient: Patient, opened: Ledger, told: str) -> Iterator[Finding]:
    if patient.trouble is not None:
        yield ok("ledger", f"{told}; whose it is, is not known")
        return
    patient.audit = Audit(organization=patient.settings.organization, ledger=opened, clock=patient.clock)
    yield from _chain(patient, patient.audit, told)


def _chain(patient: Patient, audit: Audit, told: str) -> Iterator[Finding]:
    head = audit.ledger.head(audit.organization)
    if head.position == START:
        yield ok("ledger", f"{told}, no entry of this organization yet")
        return
    if head.position <= _LONG:
        audit.verify()
        told = f"{told}, {head.position} entries, a whole chain"
    else:
        told = f"{told}, {head.position} entries ('jackfield audit verify' walks them)"
    newest = audit.last(1)[0].event.time
    if newest > patient.clock.now() + _FUTURE:
        yield warning(
            "ledger",
            f"{told}; the newest entry is of {newest:%Y-%m-%d %H:%M:%S} UTC, after now",
            "set this machine's clock by NTP: it stepped back",
        )
    else:
        yield ok("ledger", f"{told}, head {head.head[:16]}…")


def pending(patient: Patient) -> Iterator[Finding]:
    """Tell of changes that were begun and are not settled."""
    if patient.audit is None:
        yield skipped("pending", "there is no ledger to ask")
        return
    found = list(_left(patient.audit))
    now = patient.clock.now()
    for name, operation in found:
        said = f"prompt {name}: {operation.verb} {operation.version} by {operation.actor} ({operation.owner})"
        if operation.started > now + _FUTURE:
            yield warning(
                "pending",
                f"{said} began after now, at {operation.started:%Y-%m-%d %H:%M:%S} UTC: some clock is wrong",
                f"if no process does it any more: 'jackfield promote {name} VERSION --force' settles it",
            )
        elif operation.expires <= now:
            yield warning("pending", f"{said} was left over", "the next change of the prompt settles it")
        else:
            yield ok(
                "pending", f"{said} is under way, until {operation.expires:%Y-%m-%d %H:%M:%S} UTC at most"
            )
    if not found:
        yield ok("pending", "no change is left over")


def _left(audit: Audit) -> Iterator[tuple[str, Operation]]:
    for subject in audit.ledger.subjects(audit.organization, Kind.PROMPT):
        state = audit.ledger.read(subject).state
        if isinstance(state, PromptState) and state.pending is not None:
            yield subject.name, state.pending
