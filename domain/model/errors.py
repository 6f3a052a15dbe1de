"""Every error of Jackfield, as one tree that tells whether the thing happened.

JackfieldError
├── NotSent                  it did not happen: nothing was sent
│   ├── InvalidInput         a file, a value, a setting or the state folder is wrong; says where
│   │   ├── InvalidPrompt    a prompt definition
│   │   └── ChainBroken      an audit log that was changed
│   ├── BudgetExceeded       characters or tokens over a limit
│   ├── Conflict             somebody moved it meanwhile
│   ├── BreakerOpen          the platform failed too often just now
│   ├── QueueFull            too many calls are waiting
│   ├── BotFull              a bot has as many sessions as it may
│   ├── Unavailable          the ledger or the platform cannot be reached
│   └── OpenedBeforeFork     a ledger that was opened in another process
├── Refused                  it did not happen: the platform answered no
│   ├── AuthenticationFailed · PermissionDenied · NotFound · VersionExists · RollbackActive
│   └── RateLimited (retry_after) · PlatformRejected
└── OutcomeUnknown           sent, and no answer tells whether it happened
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from attrs import frozen

from jackfield.domain.model.problems import Problem


@frozen(kw_only=True)
class Attempt:
    """One HTTP call that was tried: what came of it, and after how long."""

    method: str
    path: str
    status: int | None
    error: str | None = None
    correlation_id: str | None = None
    elapsed: timedelta = timedelta()


class JackfieldError(Exception):
    """What is wrong (`message`), where (`place`), and what mends it (`remedy`).

    Errors of the platform carry every `Attempt`; none carries a secret or a customer's text.
    """

    def __init__(
        self, message: str, *, place: str = "", remedy: str = "", attempts: Iterable[Attempt] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy
        self.attempts = tuple(attempts)

    @property
    def correlation_id(self) -> str | None:
        """The platform's id of the last attempt, to name in a support ticket."""
        return next((a.correlation_id for a in reversed(self.attempts) if a.correlation_id), None)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}; {self.remedy}" if self.remedy else text


class NotSent(JackfieldError):
    """It did not happen: nothing was sent."""


class InvalidInput(NotSent):
    """A file, a value, a setting or the state folder is wrong; `problems` lists everything."""

    def __init__(
        self, message: str, *, place: str = "", remedy: str = "", problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(message, place=place, remedy=remedy)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *(f"  {problem}" for problem in self.problems)))


class InvalidPrompt(InvalidInput):
    """A prompt definition breaks a rule; `problems` lists every one with its position."""


class ChainBroken(InvalidInput):
    """An audit log that was changed, cut or forged; `position` is the first entry that does not fit."""

    def __init__(self, message: str, *, position: int, place: str = "", remedy: str = "") -> None:
        super().__init__(message, place=place or f"audit entry {position}", remedy=remedy)
        self.position = position

    def __reduce__(self) -> tuple[object, ...]:
        return _chain_broken, (self.message, self.position, self.place, self.remedy)


def _chain_broken(message: str, position: int, place: str, remedy: str) -> ChainBroken:
    return ChainBroken(message, position=position, place=place, remedy=remedy)


class BudgetExceeded(NotSent):
    """Characters or tokens over a limit; the message names the limit and its source."""


class Conflict(NotSent):
    """Somebody moved it meanwhile, or is moving it now."""


class BreakerOpen(NotSent):
    """The platform failed too often just now; calls fail at once until it is probed again, after
    `retry_after` where that is known."""

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        remedy: str = "",
        attempts: Iterable[Attempt] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, place=place, remedy=remedy, attempts=attempts)
        self.retry_after = retry_after


class QueueFull(NotSent):
    """Too many calls are waiting for the platform."""


class BotFull(NotSent):
    """A bot has as many sessions as it may; nothing was made."""


class Unavailable(NotSent):
    """The ledger or the platform cannot be reached."""


class OpenedBeforeFork(NotSent):
    """A ledger that was opened in another process; each process opens its own."""


class Refused(JackfieldError):
    """It did not happen: the answer was no."""


class AuthenticationFailed(Refused):
    """The credentials are wrong, expired or of another region."""


class PermissionDenied(Refused):
    """The OAuth client lacks a scope or a role, which the message names."""


class NotFound(Refused):
    """There is nothing of that name; `field` is the platform's word for which of several, if it said so."""

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        remedy: str = "",
        attempts: Iterable[Attempt] = (),
        field: str = "",
    ) -> None:
        super().__init__(message, place=place, remedy=remedy, attempts=attempts)
        self.field = field


class VersionExists(Refused):
    """The version, or its content under another number, is already there."""


class RollbackActive(Refused):
    """A version with an active rollback directive stands; it must be cleared first."""


class RateLimited(Refused):
    """The platform's rate limit is reached; `retry_after` says when to come back, if it said so."""

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        remedy: str = "",
        attempts: Iterable[Attempt] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, place=place, remedy=remedy, attempts=attempts)
        self.retry_after = retry_after


class PlatformRejected(Refused):
    """The platform refused for another reason; `code` is its error code."""

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        remedy: str = "",
        attempts: Iterable[Attempt] = (),
        code: str = "",
    ) -> None:
        super().__init__(message, place=place, remedy=remedy, attempts=attempts)
        self.code = code


class OutcomeUnknown(JackfieldError):
    """Sent, no usable answer, and reading back did not tell whether it happened."""
