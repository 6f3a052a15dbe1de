"""One examination: every check in its turn; one that breaks hides no other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.adapters.clock import SystemClock
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.entrypoints.doctor import (
    access,
    destinations,
    hosting,
    ledgers,
    plugins,
    rollouts,
    sessions,
    sources,
    storage,
)
from jackfield.entrypoints.doctor.findings import Finding, failed, skipped
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.doctor.probes import Probe
from jackfield.entrypoints.doctor.sources import Setting
from jackfield.entrypoints.settings import Settings, survey
from jackfield.ports.clock import Clock

Check: TypeAlias = Callable[[Patient], Iterable[Finding]]

_UNREAD: Final = "the settings cannot be read"
_CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("target", sources.target),
    ("region", sources.region),
    ("host", hosting.host),
    ("token", access.token),
    ("scopes", access.scopes),
    ("endpoints", access.endpoints),
    ("clock", hosting.clock),
    ("folder", storage.folder),
    ("disk", storage.disk),
    ("ledger", ledgers.ledger),
    ("pending", ledgers.pending),
    ("rollouts", rollouts.rollouts),
    ("sessions", sessions.sessions),
    ("destinations", destinations.destinations),
    ("cache", storage.cache),
    ("plugins", plugins.plugins),
)


@frozen(kw_only=True)
class Report:
    """What was found, in the order of the checks, and the settings with their sources."""

    target: str | None
    findings: tuple[Finding, ...]
    settings: tuple[Setting, ...]


def examine(
    target: str | None = None, *, clock: Clock | None = None, commands: Collection[str] = ()
) -> Report:
    """Look at everything that *target* needs; change nothing on its platform, and raise nothing of ours.

    A check that asks the platform or the resolver waits a few seconds at most.
    """
    settings, trouble = _surveyed(target)
    if settings is None:
        rest = (skipped(name, _UNREAD) for name, _ in _CHECKS if name != "folder")
        findings = (*_of_settings(trouble, ()), *storage.root(), *rest)
        return Report(target=target, findings=findings, settings=())
    clock = clock or SystemClock()
    found = list[Finding]()
    with ExitStack() as stack:
        probe = Probe(settings, clock, stack)
        patient = Patient(
            settings=settings, trouble=trouble, probe=probe, clock=clock, stack=stack, commands=commands
        )
        for name, check in _CHECKS:
            found += _guarded(name, check, patient)
    found = [*_of_settings(trouble, found), *found]
    return Report(target=settings.target, findings=tuple(found), settings=tuple(sources.told(settings)))


def _surveyed(target: str | None) -> tuple[Settings | None, JackfieldError | None]:
    try:
        return survey(target)
    except JackfieldError as error:
        return None, error


def _of_settings(trouble: JackfieldError | None, told: Iterable[Finding]) -> Iterator[Finding]:
    """Tell of the trouble, unless a check told the same of what it looked at."""
    if trouble is not None and (finding := failed("settings", trouble)).found not in {f.found for f in told}:
        yield finding


def _guarded(name: str, check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except JackfieldError as error:
        yield failed(name, error)
    except Exception as error:  # noqa: BLE001  # what breaks one check must not hide the others
        broken = Unavailable(f"the check itself failed ({type(error).__name__})", place=name)
        yield failed(name, broken, remedy="tell the developers of Jackfield; the other checks hold")
