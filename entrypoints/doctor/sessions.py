"""Sessions of customers: what was left in the middle, and whether the platform can lead and tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.end_notices import GenesysEndNotices
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.lifetimes import has_expired
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.audit import Audit
from jackfield.domain.services.sessions.recorded.listing import read_sessions
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.entrypoints.doctor.findings import Finding, failed, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.doctor.probes import PATIENCE
from jackfield.entrypoints.doctor.sources import is_loopback
from jackfield.entrypoints.settings.sessions import SessionRules, session_rules

_LEFT_AFTER: Final = timedelta(minutes=2)
_MOST_BOTS: Final = 5
_ALL: Final = 2**53
_RECOVER: Final = "run 'jackfield sessions recover', and run it regularly"


def sessions(patient: Patient) -> Iterator[Finding]:
    """Look at the open sessions, at the settings of notices, and ask the platform; nothing is changed."""
    rules = session_rules(patient.settings.sessions)
    is_used = bool(patient.settings.sessions.table)
    if patient.audit is None:
        yield skipped("sessions", "there is no ledger to ask which are open")
    else:
        count, left = _left(patient.audit, patient.clock.now())
        is_used = is_used or count > 0
        yield _opened(count, left)
    if not is_used:
        return
    yield from _secrets(patient, rules)
    if not patient.reached or patient.access_token is None:
        yield skipped("sessions", "without a token the platform cannot be asked")
        return
    yield from _platform(patient, rules, patient.access_token)


def _left(audit: Audit, now: datetime) -> tuple[int, Counter[str]]:
    """Count the open sessions, and what nobody is at any more, by what it is."""
    records = SessionRecords(
        organization=audit.organization, ledger=audit.ledger, clock=audit.clock, new_id=str
    )
    names = tuple(Tracking(records=records).look(keep=False).open)
    found = [_what(loaded.state, now) for loaded in read_sessions(records, names)]
    return len(found), Counter(what for what in found if what is not None)


def _what(state: SessionState, now: datetime) -> str | None:
    session = state.session
    if session.standing is Standing.ACTIVE and state.pending is None:
        return "over their time" if has_expired(session, state.lifetimes, now=now) else None
    due = session.since + _LEFT_AFTER if state.pending is None else state.pending.expires
    if now < due:
        return None
    if session.standing is Standing.RESERVED:
        return "started, and not known to be"
    if session.standing is Standing.HANDING_OVER and not state.routed:
        return "handed over, and not routed"
    if session.standing is Standing.CLOSING:
        return "closing without a notice"
    return None if state.pending is None else "in the middle of a call"


def _opened(count: int, left: Counter[str]) -> Finding:
    if not left:
        return ok("sessions", f"{count} open, none left over" if count else "none is open")
    told = ", ".join(f"{number} {what}" for what, number in sorted(left.items()))
    return warning("sessions", f"{count} open, of these left over: {told}", _RECOVER)


def _secrets(patient: Patient, rules: SessionRules) -> Iterator[Finding]:
    notices = rules.notices
    if notices.unset is not None:
        yield warning(
            "sessions",
            f"the environment variable {notices.unset} is not set: no notice of an end is believed here",
            "set it to the secret of [sessions.notices] wherever notices are received or registered",
        )
    if notices.previous_unset is not None:
        yield warning(
            "sessions",
            f"the environment variable {notices.previous_unset} is not set",
            "if the secret was changed long ago: take previous_secret_env out of [sessions.notices]",
        )
    host = "" if notices.url is None else urlsplit(notices.url.reveal()).hostname or ""
    if patient.settings.platform == "genesys" and is_loopback(host):
        yield warning(
            "sessions",
            "the URL of [sessions.notices] is this machine's own: the platform cannot reach it",
            "write the public address of who receives",
        )


def _platform(patient: Patient, rules: SessionRules, token: str) -> Iterator[Finding]:
    policy = Policy(patient.probe, patient.clock, rules=patient.settings.calls)
    client = Client(policy, [policy.lane(FixedToken(Secret(token)))], patient.probe.hosts)
    for name in rules.names[:_MOST_BOTS]:
        yield _bot(patient, client, name, rules.id_of(name))
    if rules.notices.url is not None and rules.notices.unset is None:
        yield _registered(patient, client, rules)
    for each in client.breakers():
        if each.state.value != "closed":
            told = f"the breaker of {each.operation} at {each.host} is {each.state}"
            yield warning(
                "sessions",
                f"{told}, after the doctor's own calls",
                "see what the calls above were refused for",
            )


def _bot(patient: Patient, client: Client, name: str, identifier: str) -> Finding:
    """Ask for its active conversations; whether its queues are there, only a hand-off tells."""
    ends = patient.clock.monotonic() + PATIENCE.total_seconds()
    try:
        count = GenesysSessions(client).count_active(identifier, enough=_ALL, ends=ends)
    except JackfieldError as error:
        return failed(
            "sessions", error, found=f"bot {name}: its conversations cannot be read: {error.message}"
        )
    return ok("sessions", f"bot {name}: {count} active there (its queues cannot be looked up)")


def _registered(patient: Patient, client: Client, rules: SessionRules) -> Finding:
    url, secrets = rules.notices.url, rules.notices.secrets
    ends = patient.clock.monotonic() + PATIENCE.total_seconds()
    try:
        address = "" if url is None else url.reveal()
        found = GenesysEndNotices(client).registered(address, secrets[0], ends=ends)
    except JackfieldError as error:
        return failed("sessions", error, found=f"the webhooks there cannot be read: {error.message}")
    if any(each.current for each in found):
        return ok("sessions", "the platform tells of ends, signed with the current secret")
    told = "with another secret" if found else "not at all, and closes wait for its notices"
    return warning(
        "sessions", f"the platform tells of ends {told}", "run 'jackfield sessions notices register'"
    )
