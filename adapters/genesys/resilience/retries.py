"""The retry table of `wire.md` §2: whether a call is made again, after how long, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Effect, Response
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable

Jitter: TypeAlias = Callable[[], float]
"""Gives a number from 0 up to and without 1."""

Outcome: TypeAlias = Response | Unavailable | OutcomeUnknown

_LATER: Final = 0.1
"""How much later than `Retry-After` a gate may open, as a share of it: clients that wait together part."""
_SOME_S: Final = 0.25


class Trouble(Enum):
    """Why a call may be made again."""

    THROTTLED = "throttled"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    UNREACHED = "unreached"


@frozen
class Again:
    """Another try: after how many seconds, and for how many tokens of the quota."""

    wait_s: float
    cost: int


def trouble(outcome: Outcome) -> Trouble | None:
    """Return what is wrong with *outcome* that may be right next time."""
    if isinstance(outcome, Response):
        return _of_status(outcome.status)
    return Trouble.UNANSWERED if isinstance(outcome, OutcomeUnknown) else Trouble.UNREACHED


def _of_status(status: int) -> Trouble | None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Trouble.THROTTLED
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
    return Trouble.FAILED if failed else None


@frozen
class Rest:
    """How long a token is not used: the seconds that were asked for, and some more."""

    asked_s: float
    later_s: float = 0.0


@frozen(kw_only=True)
class RetryTable:
    """Decides by the trouble, by what sending twice does, and by how often it was tried."""

    rules: CallRules
    jitter: Jitter

    def again(self, found: Trouble, effect: Effect, number: int) -> Again | None:
        """Return when to try for the *number*-th time more (from 0); None if not at all.

        A throttled call waits at its token's gate, so there is nothing to wait for here.
        """
        if number >= self.rules.retries or not _repeatable(found, effect):
            return None
        if found is Trouble.THROTTLED:
            return Again(0.0, self.rules.quota_throttled)
        base = self.rules.failed_base_s if found is Trouble.FAILED else self.rules.unreached_base_s
        return Again(self._backoff(base, number, self.rules.backoff_limit_s), self.rules.quota_retry)

    def rest(self, retry_after_s: float | None, number: int) -> Rest:
        """Return for how long nobody may send with a token that got a 429."""
        if retry_after_s is None:
            return Rest(self._backoff(self.rules.throttled_base_s, number, self.rules.throttled_limit_s))
        return Rest(retry_after_s, self.jitter() * max(_SOME_S, _LATER * retry_after_s))

    def _backoff(self, base_s: float, number: int, limit_s: float) -> float:
        """Full jitter: anything from nothing to the doubled base."""
        return self.jitter() * min(limit_s, base_s * 2.0**number)


def _repeatable(found: Trouble, effect: Effect) -> bool:
    """Nothing happened at a 429 or without a connection; after anything else twice must be once."""
    return found in (Trouble.THROTTLED, Trouble.UNREACHED) or effect is not Effect.CREATES
