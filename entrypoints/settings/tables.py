"""Tables that are read by whoever needs them: what is there is checked at once, and its faults are told."""

from __future__ import annotations

from collections.abc import Mapping

from jackfield.entrypoints.settings.file import Found, Target
from jackfield.entrypoints.settings.values import AdviceTable, ServiceTable, SessionTable


def session_table(table: Target, environ: Mapping[str, str], found: Found) -> SessionTable:
    """Return what is said of sessions; what is not there loads nothing."""
    sessions = SessionTable(
        table=found.file.sessions,
        ids=table.bots,
        environ=environ,
        simulated=table.platform == "simulator",
        source=found.source,
    )
    if sessions.table:
        from jackfield.entrypoints.settings.sessions import session_rules

        session_rules(sessions)
    return sessions


def service_table(found: Found) -> ServiceTable:
    """Return what is said of the service; what is not there loads nothing."""
    service = ServiceTable(table=found.file.service, source=found.source)
    if service.table:
        from jackfield.entrypoints.settings.service import service_rules

        service_rules(service)
    return service


def advice_table(found: Found) -> AdviceTable:
    """Return what is said of advice; what is not there loads nothing."""
    advice = AdviceTable(table=found.file.advice, source=found.source)
    if advice.table:
        from jackfield.entrypoints.settings.advice import advice_rules

        advice_rules(advice)
    return advice
