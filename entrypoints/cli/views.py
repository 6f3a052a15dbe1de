"""What the command shows, as plain data: the JSON form of every answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from jackfield.domain.model.budgets import Measure
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.events import Entry, timestamp
from jackfield.domain.model.problems import Problem
from jackfield.domain.services.prompts import PromptStatus
from jackfield.domain.services.prompts.values import LogEntry

View: TypeAlias = Mapping[str, Any]


def json_text(value: object) -> str:
    """Return *value* as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def time_text(time: datetime) -> str:
    """Return *time* for people: UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def problem_view(problem: Problem) -> View:
    """One problem of a file."""
    return {
        "code": problem.code,
        "message": problem.message,
        "place": problem.place,
        "line": problem.line,
        "column": problem.column,
        "variable": problem.variable,
    }


def measure_view(measure: Measure) -> View:
    """One count against a limit."""
    return {
        "what": measure.what,
        "unit": measure.unit,
        "used": measure.used,
        "limit": measure.limit.value,
        "source": measure.limit.source,
        "exact": measure.exact,
        "at_least": list(measure.at_least),
    }


def file_view(path: Path, name: str | None, version: str | None, measures: tuple[Measure, ...]) -> View:
    """One checked file, its problems apart."""
    return {
        "path": str(path),
        "name": name,
        "version": version,
        "measures": [measure_view(m) for m in measures],
    }


def status_view(status: PromptStatus) -> View:
    """One prompt at a glance."""
    live, pending = status.live, status.pending
    return {
        "name": status.name,
        "live": live.number if live else None,
        "since": timestamp(live.since) if live else None,
        "by": live.actor if live else None,
        "how": live.move.value if live else None,
        "why": live.reason if live else None,
        "versions": list(status.versions),
        "platform": {
            "version": status.platform.version,
            "drift": status.platform.drift,
            "trouble": status.platform.trouble,
        },
        "frozen": list(status.frozen),
        "pending": None
        if pending is None
        else {
            "what": pending.verb.value,
            "version": pending.version,
            "by": pending.actor,
            "owner": pending.owner,
            "expires": timestamp(pending.expires),
        },
    }


def log_view(entry: LogEntry) -> View:
    """One entry of a prompt's history."""
    activation = entry.activation
    return {
        "number": entry.number,
        "version": activation.version,
        "how": activation.move.value,
        "time": timestamp(activation.time),
        "by": activation.actor,
        "why": activation.reason,
        "restores": activation.restores,
    }


def entry_view(entry: Entry) -> View:
    """One entry of the audit log, with what its hash is taken of."""
    event = entry.event
    return {
        "position": entry.position,
        "id": event.id,
        "time": timestamp(event.time),
        "organization": event.subject.organization,
        "kind": event.subject.kind.value,
        "name": event.subject.name,
        "type": event.type,
        "outcome": event.outcome.value,
        "actor": event.actor,
        "reason": event.reason,
        "correlation_id": event.correlation_id,
        "payload": None if event.payload is None else dict(event.payload),
        "payload_hash": entry.payload_hash,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def error_view(error: JackfieldError, code: int) -> View:
    """An error of ours."""
    problems = error.problems if isinstance(error, InvalidInput) else ()
    return {
        "type": type(error).__name__,
        "message": error.message,
        "place": error.place,
        "remedy": error.remedy,
        "exit_code": code,
        "correlation_id": error.correlation_id,
        "problems": [problem_view(p) for p in problems],
    }
