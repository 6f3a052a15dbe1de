"""The destinations: whom the settings give, whether each may be called, and what each has not heard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NoReturn

from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.deliveries import DestinationStatus, Standing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.entrypoints.doctor.findings import Finding, failed, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.parts.calling import admitting
from jackfield.entrypoints.plugging.plugged import open_plugins
from jackfield.plugins.builtin.crm.plugin import Synced
from jackfield.plugins.builtin.posting import Posted
from jackfield.plugins.destinations import GuardedDestination, Opened
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.destinations import Destination

_NAME: Final = "destinations"
_OLD: Final = timedelta(hours=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def destinations(patient: Patient) -> Iterator[Finding]:
    """Look at each destination that the settings give; no receiver is called, and nothing is delivered."""
    settings = patient.settings
    host = open_plugins(settings.rules.plugins, clock=patient.clock, admit=admitting(settings))
    patient.stack.callback(host.close)
    opened = host.destinations(_given(patient), _nobody)
    if not opened.given and not opened.broken():
        yield skipped(_NAME, "there is none: nobody hears of what is done")
    elif patient.audit is None:
        yield from _unknown(opened)
    else:
        yield from _standing(patient, opened)


def _given(patient: Patient) -> DestinationSettings:
    return DestinationSettings(
        target=patient.settings.target,
        organization=patient.settings.organization,
        folder=patient.settings.folder,
        platform=_nobody,
        prompt_id=lambda _: None,
    )


def _nobody(*_arguments: object, **_named: object) -> NoReturn:
    raise Unavailable("the doctor calls no receiver", remedy="call it when something is delivered")


def _unknown(opened: Opened) -> Iterator[Finding]:
    broken = opened.broken()
    for name, trouble in broken.items():
        yield _broken(name, trouble)
    for each in opened.given:
        if each.name not in broken:
            yield ok(_NAME, f"{_shown(each)}; there is no ledger to ask how far it is")


def _broken(said: str, trouble: str) -> Finding:
    return failed(
        _NAME,
        Unavailable(
            f"{said}: broken: {trouble}",
            remedy="mend the settings or the plugin; 'jackfield plugins check NAME' tries one out",
        ),
    )


def _standing(patient: Patient, opened: Opened) -> Iterator[Finding]:
    assert patient.audit is not None  # noqa: S101  # for type checkers: it was asked
    records = DeliveryRecords(
        organization=patient.audit.organization,
        ledger=patient.audit.ledger,
        clock=patient.clock,
        new_id=str,  # nothing is written
    )
    shown = {each.name: _shown(each) for each in opened.given}
    for found in Standing(records=records).of(opened.given, opened.broken()):
        if found.given:
            age = None if found.oldest is None else patient.clock.now() - found.oldest
            yield judged(found, shown.get(found.name, found.name), age)


def judged(found: DestinationStatus, shown: str, age: timedelta | None) -> Finding:
    """Say how a destination stands; *age* is that of the oldest event that it has not heard, if any."""
    if found.broken is not None:
        return _broken(shown, found.broken)
    left = len(found.waiting) + found.behind
    said = f"{shown}: {found.stand}, {found.delivered} delivered, {left} pending{_age(age)}"
    said += f", {len(found.dead)} dead" if found.dead else ""
    trouble = f" ({found.troubles[-1]})" if found.troubles else ""
    again = f"'jackfield deliveries retry {found.name}'"
    if found.disabled is not None:
        return failed(
            _NAME,
            Unavailable(
                f"{said}: {found.disabled}", remedy=f"mend the receiver or its settings, then {again}"
            ),
        )
    if found.dead:
        gives_up = f"'jackfield deliveries discard {found.name}' gives them up"
        return warning(_NAME, said + trouble, f"mend the receiver, then {again} tries them; {gives_up}")
    if age is not None and age > _OLD:
        cause = "look at the receiver" if trouble else "let cron run 'jackfield deliveries run' once a minute"
        return warning(_NAME, said + trouble, cause)
    return ok(_NAME, said + trouble)


def _age(age: timedelta | None) -> str:
    if age is None:
        return ""
    if age < _HOUR:
        return f", the oldest for {max(0, age // timedelta(minutes=1))} min"
    return f", the oldest for {age // _HOUR} h" if age < 2 * _DAY else f", the oldest for {age // _DAY} days"


def _shown(destination: Destination) -> str:
    inner = destination.inner.destination if isinstance(destination, GuardedDestination) else destination
    return f"{destination.name} ({inner.shown})" if isinstance(inner, Posted | Synced) else destination.name
