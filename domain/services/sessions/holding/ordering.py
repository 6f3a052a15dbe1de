"""One at a time in a session: by a fair line in a process, by a lease over processes and machines.

Who has the order may take turns and route the session's conversation. It is a permission for a time:
whatever is recorded is fenced by the session's revision all the same, and every call ends before the lease
does, so that a process that was paused does not route what another has moved since.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import Conflict, JackfieldError
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.prompts.operations.clashes import clock_text
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases

_FIRST_PAUSE: Final = timedelta(milliseconds=5)
_LONGEST_PAUSE: Final = timedelta(milliseconds=200)


@define(eq=False)
class Lines:
    """Who has which session in this process, and who waits for it, in the order of their coming.

    Each brings a gate, a lock that is held; the first gate in a line is who has the session. Of sessions that
    nobody wants nothing is kept.
    """

    _lines: dict[str, deque[threading.Lock]] = field(factory=dict[str, "deque[threading.Lock]"], init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __len__(self) -> int:
        """How many sessions somebody has."""
        return len(self._lines)

    def enter(self, session: str, gate: threading.Lock, patience: float) -> bool:
        """Stand in line for at most *patience* seconds, and say whether one has the session now."""
        with self._lock:
            line = self._lines.setdefault(session, deque())
            line.append(gate)
            if line[0] is gate:
                return True
        if gate.acquire(timeout=max(0.0, patience)):
            return True
        with self._lock:  # it may have opened at this very moment
            return self._lines[session][0] is gate

    def leave(self, session: str, gate: threading.Lock) -> None:
        """Leave the line from any place in it, or from none; the next one is let in."""
        with self._lock:
            line = self._lines.get(session, deque())
            if gate not in line:
                return
            had = line[0] is gate
            line.remove(gate)
            if not line:
                del self._lines[session]
            elif had:
                line[0].release()


@frozen(kw_only=True)
class Ordering:
    """Gives each session to one caller at a time. `holder` names this process, `jitter` gives [0, 1).

    A lease lasts `margin` longer than the calls that are made under it.
    """

    organization: Organization
    leases: Leases
    clock: Clock
    holder: str
    jitter: Callable[[], float] = random.random
    margin: timedelta = timedelta(seconds=5)
    lines: Lines = field(factory=Lines)

    @contextmanager
    def alone(self, session: str, *, by: float, ends: float) -> Generator[None]:
        """Have *session* alone until *ends*; raise `Conflict` if others still have it at *by*.

        Both are in monotonic seconds.
        """
        gate = threading.Lock()
        gate.acquire()
        try:
            if not self.lines.enter(session, gate, by - self.clock.monotonic()):
                raise self._busy(session)
            lease = self._leased(session, by, ends)
            try:
                yield
            finally:
                with suppress(JackfieldError):  # it expires by itself
                    self.leases.release(lease)
        finally:
            self.lines.leave(session, gate)

    def _leased(self, session: str, by: float, ends: float) -> Lease:
        """Ask for the lease until it is given; the pauses grow, and differ from one caller to the next."""
        pause = _FIRST_PAUSE
        while True:
            now = self.clock.monotonic()
            lease = self.leases.acquire(
                self.organization,
                f"session/{session}",
                holder=self.holder,
                lifetime=timedelta(seconds=max(0.0, ends - now)) + self.margin,
            )
            if lease is not None:
                return lease
            left = timedelta(seconds=by - now)
            if left <= timedelta():
                raise self._busy(session)
            self.clock.sleep(min(left, pause * (0.5 + self.jitter() / 2)))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _busy(self, session: str) -> Conflict:
        until = self._until(session)
        most = "" if until is None else f" until {clock_text(until)} at most"
        return Conflict(
            f"another call has this session{most}, and did not end in time",
            place=f"session {session}",
            remedy="wait for the answer to what the customer said before, or allow a later deadline",
        )

    def _until(self, session: str) -> datetime | None:
        """When the lease of who has it expires, should he have been killed."""
        with suppress(JackfieldError):
            held = self.leases.held(self.organization, f"session/{session}")
            return max((lease.expires for lease in held), default=None)
        return None
