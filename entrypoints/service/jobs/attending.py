"""The jobs of sessions: what crashes left is settled, and ends that nobody heard of are read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import define

from jackfield.domain.model.errors import JackfieldError

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Core

RECOVERY: Final = "session-recovery"
ENDS: Final = "session-ends"
_SELDOM: Final = 5
"""Reading back asks the platform, so it is done once in so many times."""


def session_jobs(core: Core, seconds: float) -> Iterator[tuple[str, float, Callable[[], object]]]:
    """Yield the name, the interval and the work of each; none for an interval of 0."""
    if seconds:
        attending = _Attending(core)
        yield RECOVERY, seconds, attending.recover
        yield ENDS, seconds * _SELDOM, attending.read_back


@define(eq=False)
class _Attending:
    """Reads ends back before it recovers: what ended while no service ran is not ended for its age."""

    core: Core
    has_read_back: bool = False

    def recover(self) -> None:
        """Settle what can be; the first that could not be is raised, when all others were."""
        if not self.has_read_back:
            with suppress(JackfieldError):  # the other job tells; what is recovered asks the platform itself
                self.read_back()
        for error in self.core.sessions.recover().failed.values():
            raise error

    def read_back(self) -> None:
        """Record the ends of which nobody heard."""
        self.core.sessions.catch_up()
        self.has_read_back = True
