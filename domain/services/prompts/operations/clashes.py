"""What is said to who would change a prompt that somebody else changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.states import Operation
from jackfield.domain.services.prompts.records import Loaded
from jackfield.ports.leases import Lease


def moved(loaded: Loaded, how: str) -> Conflict:
    """Nothing was sent; who was faster is on the log."""
    return Conflict(
        how,
        place=f"prompt {loaded.name}",
        remedy=f"look at 'jackfield log {loaded.name}' and decide again",
    )


def in_flight(loaded: Loaded, pending: Operation, *, ahead: bool) -> Conflict:
    """Return the error of a change that another holds up; *ahead* says that its clock ran ahead of ours."""
    wait = f"wait for it; if that process is gone, try again after {clock_text(pending.expires)}"
    force = "that time lies ahead: if no process does this any more, promote with --force"
    return Conflict(
        f"{pending.verb.value} of {pending.version} by {pending.actor} ({pending.owner}) is under way"
        f" since {clock_text(pending.started)}",
        place=f"prompt {loaded.name}",
        remedy=force if ahead else wait,
    )


def in_recovery(loaded: Loaded, pending: Operation, leases: Sequence[Lease]) -> Conflict:
    """Return the error of a change that waits for another to settle what was left."""
    by = f" by {leases[0].holder}" if leases else ""
    until = f"; if that process is gone, try again after {clock_text(leases[0].expires)}" if leases else ""
    return Conflict(
        f"{pending.verb.value} of {pending.version}, which was left unsettled, is being settled{by}",
        place=f"prompt {loaded.name}",
        remedy=f"wait for it{until}",
    )


def clock_text(time: datetime) -> str:
    """Return a time as errors show it, with its date: it may lie far ahead."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")
