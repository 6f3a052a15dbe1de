"""When the socket is opened again after a drop or a failed try, and when that is given up."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from math import inf
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.resilience.retries import Jitter, RetryTable
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    InvalidInput,
    JackfieldError,
    PermissionDenied,
    RateLimited,
    Refused,
)
from jackfield.ports.clock import Clock

MOST: Final = 8
"""Tries in a row without a frame heard, after which the conversations are given up."""
_MOST_OF_READY: Final = 4
_BASE_S: Final = 0.5
_LIMIT_S: Final = 10.0
_RULES: Final = CallRules()
_CODES: Final = ((PermissionDenied, "forbidden"), (AuthenticationFailed, "authentication"))


@define(eq=False)
class Tries:
    """The tries so far; waits have full jitter, and what the platform asks for is waited for."""

    clock: Clock
    jitter: Jitter
    failures: int = field(default=0, init=False)
    not_before: float = field(default=-inf, init=False)
    _row: int = field(default=0, init=False)
    _error: JackfieldError | None = field(default=None, init=False)

    @property
    def left_s(self) -> float:
        """Return the seconds until the next try."""
        return self.not_before - self.clock.monotonic()

    def heard(self) -> None:
        """The socket is good: a frame came."""
        self._row = 0

    def dropped(self, *, at_once: bool = False) -> bool:
        """A socket was lost; say whether another is given up.

        *at_once* if that was no fault of the line, unless it happens in a row.
        """
        self._row += 1
        self._wait(0.0 if at_once and self._row == 1 else self._backoff())
        return self._is_enough()

    def failed(self, error: JackfieldError) -> bool:
        """A socket could not be opened; say whether that is given up."""
        self.failures += 1
        self._row += 1
        self._error = error
        self._wait(self._rest(error))
        return self._is_enough(_is_final(error))

    def refusal(self, since: int, ends: float) -> JackfieldError | None:
        """Return why whoever waits since that many failures, until *ends*, need wait no longer."""
        if self._error is None or self.failures == since:
            return None
        enough = self.failures - since >= _MOST_OF_READY or self.not_before >= ends
        return copy(self._error) if enough or _is_final(self._error) else None

    def _is_enough(self, final: bool = False) -> bool:
        given_up = final or self._row > MOST
        if given_up:
            self._row = 0
        return given_up

    def _backoff(self) -> float:
        return self.jitter() * min(_LIMIT_S, _BASE_S * 2.0 ** (self._row - 1))

    def _rest(self, error: JackfieldError) -> float:
        if not isinstance(error, RateLimited):
            return self._backoff()
        asked = None if error.retry_after is None else error.retry_after.total_seconds()
        rest = RetryTable(rules=_RULES, jitter=self.jitter).rest(asked, self._row - 1)
        return rest.asked_s + rest.later_s

    def _wait(self, seconds: float) -> None:
        self.not_before = self.clock.monotonic() + seconds


def _is_final(error: JackfieldError) -> bool:
    if isinstance(error, RateLimited):
        return (error.retry_after or timedelta()) > timedelta(seconds=_RULES.retry_after_limit_s)
    return isinstance(error, Refused | InvalidInput)


def code_of(error: JackfieldError) -> str:
    """Return what listeners are told."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), "line")
