"""The jobs of sessions: what crashes left is settled, and ends that nobody heard of are read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Core

RECOVERY: Final = "session-recovery"
ENDS: Final = "session-ends"
_SELDOM: Final = 5
"""Reading back asks the platform, so it is done once in so many times."""


def session_jobs(core: Core, seconds: float) -> Iterator[tuple[str, float, Callable[[], object]]]:
    """Yield the name, the interval and the work of each; none for an interval of 0."""
    if seconds:
        yield RECOVERY, seconds, lambda: _recover(core)
        yield ENDS, seconds * _SELDOM, lambda: _read_back(core)


def _recover(core: Core) -> None:
    """Settle what can be; the first that could not be is raised, when all others were."""
    failed = core.sessions.recover().failed
    for error in failed.values():
        raise error


def _read_back(core: Core) -> None:
    core.sessions.catch_up()
