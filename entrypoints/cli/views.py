"""What the command shows, as plain data: the JSON form of every answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.events import Entry, timestamp
from jackfield.domain.model.exports import exported
from jackfield.domain.model.shares import share_text

if TYPE_CHECKING:
    from jackfield.domain.model.budgets import Measure
    from jackfield.domain.model.deliveries.states import DeadLetter, Waiting
    from jackfield.domain.model.problems import Problem
    from jackfield.domain.model.reviews import Finding
    from jackfield.domain.services.deliveries import DestinationStatus, Passed
    from jackfield.domain.services.prompts import LiveVersion, PromptStatus
    from jackfield.domain.services.prompts.values import LogEntry
    from jackfield.plugins.types import PluginReport

View: TypeAlias = Mapping[str, Any]


def json_text(value: object) -> str:
    """Return *value* as indented JSON; what UTF-8 cannot carry, as of an odd file name, is escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text.encode(errors="backslashreplace").decode()


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
        "since": timestamp(live.since) if live and live.since else None,
        "by": live.actor if live else None,
        "how": live.move.value if live and live.move else None,
        "why": live.reason if live else None,
        **_known_view(live),
        "trouble": status.trouble,
        "versions": list(status.versions),
        "platform": {
            "version": status.platform.version,
            "drift": status.platform.drift,
            "trouble": status.platform.trouble,
            "answered": status.platform.answered,
        },
        "frozen": list(status.frozen),
        "rollout": None
        if status.rollout is None
        else {
            "version": status.rollout.candidate,
            "phase": status.rollout.phase.value,
            "share": share_text(status.rollout.share),
        },
        "split": status.split,
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


def _known_view(live: LiveVersion | None) -> View:
    if live is None:
        return {"source": None, "freshness": None, "age_s": None}
    age = None if live.age is None else round(live.age.total_seconds(), 3)
    return {"source": live.source.value, "freshness": live.freshness.value, "age_s": age}


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


def finding_view(finding: Finding) -> View:
    """What one reviewer says."""
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "plugin": finding.plugin,
    }


def plugin_view(report: PluginReport) -> View:
    """One plugin at a glance."""
    return {
        "name": report.name,
        "distribution": report.distribution,
        "version": report.version,
        "state": report.state.value,
        "hooks": list(report.hooks),
        "trouble": report.trouble,
        "calls": report.calls,
        "errors": report.errors,
        "dropped": report.dropped,
        "seconds": round(report.seconds, 6),
    }


def entry_view(entry: Entry) -> View:
    """One entry of the audit log, with what its hash is taken of."""
    return exported(entry)


def destination_view(found: DestinationStatus) -> View:
    """One destination at a glance."""
    return {
        "name": found.name,
        "state": found.stand.value,
        "cursor": found.cursor,
        "behind": found.behind,
        "held": found.held,
        "delivered": found.delivered,
        "next_try": None if found.next_try is None else timestamp(found.next_try),
        "oldest": None if found.oldest is None else timestamp(found.oldest),
        "disabled": found.disabled,
        "broken": found.broken,
        "waiting": [{**_undelivered(each), "due": timestamp(each.due)} for each in found.waiting],
        "dead": [{**_undelivered(each), "time": timestamp(each.time)} for each in found.dead],
    }


def _undelivered(each: Waiting | DeadLetter) -> View:
    return {
        "entry": each.position,
        "kind": each.kind.value,
        "subject": each.name,
        "attempts": each.attempts,
        "trouble": each.trouble,
    }


def passed_view(passed: Passed) -> View:
    """What one pass did at one destination."""
    return {
        "name": passed.name,
        "delivered": passed.delivered,
        "failed": passed.failed,
        "died": passed.died,
        "busy": passed.busy,
        "trouble": passed.trouble,
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
