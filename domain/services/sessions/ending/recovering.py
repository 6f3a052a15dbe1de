"""What crashes and silence left behind: settled, or ended when its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import Conflict, InvalidInput, JackfieldError, OpenedBeforeFork
from jackfield.domain.model.fields import expect
from jackfield.domain.model.sessions.lifetimes import has_expired
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.sessions.handing.returning import is_returning
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking

_PAGE: Final = 200
_MOST: Final = 100_000
_PATIENCE: Final = timedelta(minutes=2)
"""So long the notice of a close that the platform has accepted is waited for."""
_UNDER_WAY: Final = timedelta(seconds=30)
"""So long whoever hands a session over tells the platform of it himself."""
_OVER: Final = (Standing.CLOSED, Standing.RELEASED)

Settle: TypeAlias = Callable[[Loaded], object]
"""Settles one session, by asking or telling the platform; raises `JackfieldError` where it cannot yet."""


@frozen(kw_only=True)
class Recovered:
    """What was done: how many sessions were settled, by what they were, how many ended for their age.

    Settled is what was moved, by us or by somebody who was quicker. `failed` are those that could not be
    settled yet, by their ids with the errors; `open` is how many there were, `left` how many of those that
    are due were not looked at for the limit. `waiting` are those that somebody may still be at, or whose
    notice may still come; the first of them is `due` then.
    """

    open: int = 0
    settled: Mapping[Standing, int] = field(factory=dict[Standing, int])
    expired: int = 0
    failed: Mapping[str, JackfieldError] = field(factory=dict[str, JackfieldError])
    left: int = 0
    waiting: int = 0
    due: datetime | None = None


@frozen(kw_only=True)
class Recovering:
    """Settles what nobody is at any more. Each of the fields is what one kind of session needs.

    `start` is for reservations, `handoff` for hand-offs that the platform does not know of, `close` for
    closes without an end notice, `expire` for sessions whose time is over, `back` for those of which nobody
    knows whether their bot has them again.
    """

    records: SessionRecords
    tracking: Tracking
    start: Settle
    handoff: Settle
    close: Settle
    expire: Settle
    back: Settle

    def recover(self, *, limit: int = 1_000) -> Recovered:
        """Settle *limit* sessions at most, the oldest first; for cron, by any number of processes.

        One that fails does not stop the others, and is not one of these. What is under way is left alone
        until it has expired. It reads the log since the last look, and the states of the open
        sessions, 200 at a time: some 0.15 ms for each; of the sessions that are over, none.
        """
        expect(int, limit, "limit", "leave it out for 1,000")
        if not 1 <= limit <= _MOST:
            raise InvalidInput(f"it is 1 to {_MOST:,}", place="limit", remedy="leave it out for 1,000")
        names, counts = tuple(self.tracking.look().open), dict[Standing, int]()
        found, expired, failed, left = 0, 0, dict[str, JackfieldError](), 0
        waiting = list[datetime]()
        for loaded in self._open(names):
            found += 1
            settle = self._due(loaded.state)
            if settle is None:
                waiting += self._waits(loaded.state)
                continue
            if sum(counts.values()) + expired >= limit:
                left += 1
                continue
            error = self._tried(settle, loaded)
            if error is not None:
                failed[loaded.id] = error
            elif not self._is_moved(loaded):
                continue
            elif settle is self.expire:
                expired += 1
            else:
                standing = loaded.state.session.standing
                counts[standing] = counts.get(standing, 0) + 1
        return Recovered(
            open=found,
            settled=counts,
            expired=expired,
            failed=failed,
            left=left,
            waiting=len(waiting),
            due=min(waiting, default=None),
        )

    def _open(self, names: tuple[str, ...]) -> Iterator[Loaded]:
        for start in range(0, len(names), _PAGE):
            subjects = [self.records.subject(name) for name in names[start : start + _PAGE]]
            for subject, read in zip(subjects, self.records.ledger.read_all(subjects), strict=True):
                if isinstance(read.state, SessionState) and read.state.session.standing not in _OVER:
                    yield Loaded(subject, read.revision, read.state)

    def _due(self, state: SessionState) -> Settle | None:
        """Return what settles it; None while nothing is to be done, or somebody is at it."""
        now, standing = self.records.clock.now(), state.session.standing
        if self._waits(state):
            return None
        if standing is Standing.RESERVED:
            return self.start
        if is_returning(state):
            return self.back
        if standing is Standing.HANDING_OVER and not state.routed:
            return self.handoff
        if standing is Standing.CLOSING:
            return self.close
        return self.expire if has_expired(state.session, state.lifetimes, now=now) else None

    def _waits(self, state: SessionState) -> tuple[datetime, ...]:
        """Return until when nobody else settles it, if that is still to come."""
        standing, until = state.session.standing, None
        if state.pending is not None:
            until = state.pending.expires
        elif standing is Standing.HANDING_OVER and not state.routed:
            until = state.session.since + _UNDER_WAY
        elif standing is Standing.CLOSING:
            until = state.session.since + _PATIENCE
        return (until,) if until is not None and self.records.clock.now() < until else ()

    def _tried(self, settle: Settle, loaded: Loaded) -> JackfieldError | None:
        """Settle it, and return why that cannot be done; somebody who was quicker did the same."""
        try:
            settle(loaded)
        except Conflict as error:
            return None if self._is_moved(loaded) else error
        except OpenedBeforeFork:
            raise
        except JackfieldError as error:
            return error
        return None

    def _is_moved(self, loaded: Loaded) -> bool:
        found = self.records.find(loaded.id)
        return found is None or found.state != loaded.state
