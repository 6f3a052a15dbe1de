"""The course of one call: its tries so far, what they cost, and when it must be over."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import Final

from attrs import evolve

from jackfield.adapters.around import ENDS, TRACE
from jackfield.adapters.genesys.answers import attempt, place, unsettled
from jackfield.adapters.genesys.auth import Token
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.genesys.resilience.retries import Outcome, Trouble, trouble
from jackfield.adapters.http import Effect, Request, Response
from jackfield.domain.model.errors import Attempt, JackfieldError, Unavailable
from jackfield.ports.clock import Clock

_OK_UNTIL: Final = 300


class Course:
    """What has become of one call so far; `ends` is its deadline in monotonic seconds.

    `lane` is the one that it is bound to for the try after its token was `renewed` there; `held` are the
    tokens of the quota that its retries took.
    """

    __slots__ = ("_attempts", "_began", "_clock", "_started", "_unsettled", "ends", "held", "lane", "renewed",
                 "request", "retries", "tries")  # fmt: skip

    def __init__(self, request: Request, clock: Clock) -> None:
        self.request = request
        self.retries = 0
        self.tries = 0
        self.held = 0
        self.lane: Lane | None = None
        self.renewed = False
        self._clock = clock
        self._started = self._began = clock.monotonic()
        self.ends = min(self._started + request.deadline.total_seconds(), self._allowed(ENDS.get()))
        self._attempts: list[Attempt] = []
        self._unsettled = False

    def _allowed(self, ends: float) -> float:
        """A change leaves a quarter of what its caller allows: what gets no answer is read back by then."""
        if self.request.effect is Effect.READS or not isfinite(ends):
            return ends
        return ends - max(0.0, ends - self._started) / 4

    @property
    def took(self) -> float:
        """The seconds since it began."""
        return self._clock.monotonic() - self._started

    def authorized(self, token: Token | None) -> Request:
        """Return the request of the next try, with a token and with the time that is left.

        Raises `Unavailable` if there is none left.
        """
        left = self.ends - self._clock.monotonic()
        if left <= 0:
            raise Unavailable("the deadline passed before it could be sent", remedy="try again later")
        asked = self.request
        headers = asked.headers
        if token is not None:
            headers = {**headers, "Authorization": f"Bearer {token.secret.reveal()}"}
        trace = TRACE.get()
        if trace is not None:
            headers = {**headers, **trace.headers()}
        return Request(
            method=asked.method,
            url=asked.url,
            headers=headers,
            body=asked.body,
            read_timeout=asked.read_timeout,
            usual=asked.usual,
            deadline=timedelta(seconds=left),
            operation=asked.operation,
            effect=asked.effect,
            bulk=asked.bulk,
        )

    def begins(self) -> None:
        """Begin a try."""
        self.tries += 1
        self._began = self._clock.monotonic()

    def note(self, outcome: Outcome) -> None:
        """Keep how a try ended that was not the last."""
        if isinstance(outcome, Response):
            self._attempts.append(attempt(self.request, outcome, elapsed=self._elapsed))
        else:
            unanswered = attempt(self.request, error=outcome.message, elapsed=self._elapsed)
            self._attempts.extend(outcome.attempts or (unanswered,))
        if trouble(outcome) in (Trouble.FAILED, Trouble.UNANSWERED):
            self._unsettled = self.request.effect is not Effect.READS

    def forget(self) -> None:
        """Take the last note back: it was the last try after all."""
        self._attempts.pop()

    def retried(self, outcome: Outcome, cost: int) -> None:
        """Keep how a try ended, and what the next one takes from the quota."""
        self.note(outcome)
        self.retries += 1
        self.held += cost

    def ended(self, outcome: Outcome) -> Response:
        """Return the last answer, with what was before it, or raise the error that there is instead."""
        if not isinstance(outcome, Response):
            self.note(outcome)
            outcome.attempts = ()
            raise outcome
        if not self._attempts and outcome.status < _OK_UNTIL:
            return outcome
        return evolve(
            outcome, earlier=tuple(self._attempts), unsettled=self._unsettled, elapsed=self._elapsed
        )

    def failed(self, error: JackfieldError) -> JackfieldError:
        """Return what the call ends with, with every try, if *error* ended it."""
        error.attempts = (*self._attempts, *error.attempts)
        error.place = error.place or place(self.request)
        return unsettled(error) if self._unsettled else error

    @property
    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic() - self._began)
