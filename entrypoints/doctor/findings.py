"""What a check found."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from jackfield.domain.model.errors import JackfieldError


class State(StrEnum):
    """How it is with one thing."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at: its name, its state, what was found, and what mends it.

    A failure carries its `error`, which tells the exit code.
    """

    name: str
    state: State
    found: str
    remedy: str = ""
    error: JackfieldError | None = None


def ok(name: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(name=name, state=State.OK, found=found)


def warning(name: str, found: str, remedy: str) -> Finding:
    """Return that it works, and may not for long."""
    return Finding(name=name, state=State.WARNING, found=found, remedy=remedy)


def skipped(name: str, why: str) -> Finding:
    """Return that it was not looked at."""
    return Finding(name=name, state=State.SKIPPED, found=why)


def failed(name: str, error: JackfieldError, *, found: str = "", remedy: str = "") -> Finding:
    """Return that it does not work; what was found and the remedy are the error's, unless given."""
    told = "; ".join((error.message, *map(str, getattr(error, "problems", ()))))
    said = f"{error.place}: {told}" if error.place else told
    return Finding(
        name=name, state=State.FAILED, found=found or said, remedy=remedy or error.remedy, error=error
    )
