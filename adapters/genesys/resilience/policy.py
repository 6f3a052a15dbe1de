"""One call under the rules: by a token's queue, past a breaker, again by the table, within its deadline."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from jackfield.adapters.genesys.auth import Token, TokenSource
from jackfield.adapters.genesys.envelopes import correlation_id, retry_after
from jackfield.adapters.genesys.resilience.breaker import Breaker, Breakers, Reading
from jackfield.adapters.genesys.resilience.course import Course
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.genesys.resilience.queue import Queue
from jackfield.adapters.genesys.resilience.quota import RetryQuota
from jackfield.adapters.genesys.resilience.retries import Jitter, Outcome, RetryTable, Trouble, trouble
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.resilience.telemetry import Telemetry, host_of
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown, RateLimited, Refused, Unavailable
from jackfield.ports.clock import Clock

_DEFAULT_RULES: Final = CallRules()
_SILENT: Final = Telemetry()
_ALMOST_S: Final = 0.01
_FAIR: Final = 0.75
"""The part of the usual time in which a host that is well answers."""
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Policy:
    """Makes calls with the lanes of one target; retries share one quota; safe for threads.

    `rules` are the numbers, `jitter` gives [0, 1).
    """

    def __init__(
        self,
        send: Send,
        clock: Clock,
        *,
        rules: CallRules = _DEFAULT_RULES,
        jitter: Jitter = random.random,
        telemetry: Telemetry = _SILENT,
    ) -> None:
        self.clock = clock
        self.rules = rules
        self._send = send
        self._table = RetryTable(rules=rules, jitter=jitter)
        self._telemetry = telemetry
        self._quota = RetryQuota(rules.quota)
        self._breakers = Breakers(clock, rules, telemetry.breaker)

    def lane(self, tokens: TokenSource | None = None) -> Lane:
        """Return a new way to the platform with a queue of its own."""
        rules = self.rules
        longest = max(rules.retry_after_limit_s, rules.throttled_limit_s)
        queue = Queue(self.clock, limit=rules.queue, reserve=rules.reserve, longest_wait_s=longest)
        return Lane(queue, tokens)

    def login(self) -> Send:
        """Return what a token source makes its calls by: the same rules, and a gate of its own."""
        return partial(self.exchange, lanes=(self.lane(),))

    def breakers(self) -> tuple[Reading, ...]:
        """Return the state of every breaker so far."""
        return self._breakers.readings()

    def exchange(self, request: Request, lanes: Sequence[Lane]) -> Response:
        """Return the platform's answer to the last try; an answer that is no success tells of every try.

        Raises what a `Send` raises, an error of a token source, `BreakerOpen`, `QueueFull` or
        `RateLimited`, with every attempt; `OutcomeUnknown` if any try of a change was sent and got no
        answer.
        """
        course = Course(request, self.clock)
        try:
            response = self._carry_out(course, lanes)
        except JackfieldError as error:
            failure = course.failed(error)
            self._over(course, type(failure).__name__)
            if failure is error:
                raise
            raise failure from error
        self._over(course, f"{response.status // 100}xx")
        return response

    def _over(self, course: Course, outcome: str) -> None:
        self._telemetry.call(course.request, outcome, took=course.took, attempts=course.tries)

    def _carry_out(self, course: Course, lanes: Sequence[Lane]) -> Response:
        breaker = self._breakers.of(host_of(course.request), course.request.operation)
        while True:
            breaker.refuse()
            lane, token = self._chosen(course, lanes)
            outcome = self._try(course, lane, token, breaker, lanes)
            if outcome is None:
                continue
            if isinstance(outcome, Response):
                if outcome.status < HTTPStatus.BAD_REQUEST:
                    self._quota.succeeded(course.held)
                    return course.ended(outcome)
                if self._renewed(course, lane, outcome, token):
                    continue
            if not self._again(course, lanes, outcome):
                return course.ended(outcome)

    def _chosen(self, course: Course, lanes: Sequence[Lane]) -> tuple[Lane, Token | None]:
        """Return the least loaded lane and its token; one whose client is refused goes after the others."""
        left = [course.lane] if course.lane else list(lanes)
        while True:
            now = self.clock.monotonic()
            lane = min(left, key=lambda each: each.load(now, bulk=course.request.bulk))
            try:
                return lane, lane.token(course.ends)
            except Refused:
                lane.rest(self.clock.monotonic())
                left.remove(lane)
                if not left:
                    raise

    def _try(
        self, course: Course, lane: Lane, token: Token | None, breaker: Breaker, lanes: Sequence[Lane]
    ) -> Outcome | None:
        """Send the call once, when it is its turn; None if another lane must be chosen."""
        headers: Mapping[str, str] = _NONE
        try:
            if not self._enter(course, lane, lanes):
                return None
            outcome = self._once(course, course.authorized(token), breaker)
            if isinstance(outcome, Response):
                headers = outcome.headers
                self._shut(lane, course, outcome)
        finally:
            lane.queue.leave(course, headers)
        return outcome

    def _enter(self, course: Course, lane: Lane, lanes: Sequence[Lane]) -> bool:
        """Wait for the turn; False if the gate was shut for long meanwhile, and another is open."""
        began = self.clock.monotonic()
        try:
            waited = lane.queue.enter(course, bulk=course.request.bulk, ends=course.ends)
        except RateLimited:
            if self._gates_s(lanes):
                raise
            return False
        if waited:
            self._telemetry.queued(course.request, self.clock.monotonic() - began, lane.queue.depth)
        return True

    def _once(self, course: Course, request: Request, breaker: Breaker) -> Outcome:
        epoch, failed, why = breaker.admit(), None, ""
        course.begins()
        try:
            outcome: Outcome = (response := self._send(request))
            failed, why = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR, f"status {response.status}"
        except (Unavailable, OutcomeUnknown) as error:
            outcome, failed, why = error, None if self._is_hurried(course, request) else True, error.message
        finally:
            breaker.settle(epoch, failed=failed, why=why)
        self._tell(request, outcome, course.tries)
        return outcome

    def _is_hurried(self, course: Course, request: Request) -> bool:
        """Whether the time ran out that a caller in haste left: that says nothing of the host."""
        if self.clock.monotonic() + _ALMOST_S < course.ends:
            return False
        fair = min(request.usual or request.read_timeout, request.read_timeout, self._deadline(request))
        return request.deadline < fair * _FAIR

    def _deadline(self, request: Request) -> timedelta:
        return self.rules.deadline(bulk=request.bulk)

    def _tell(self, request: Request, outcome: Outcome, number: int) -> None:
        if isinstance(outcome, Response):
            said: dict[str, str | int] = {
                "status": outcome.status,
                "correlation_id": correlation_id(outcome),
            }
        else:
            said = {"error": type(outcome).__name__}
        self._telemetry.attempt(request, attempt=number, **said)

    def _shut(self, lane: Lane, course: Course, response: Response) -> None:
        """Shut the token's gate after a 429, before anybody else may pass."""
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = retry_after(response.headers.get("retry-after"), self.clock.now())
            asked = None if wait is None else wait.total_seconds()
            rest = self._table.rest(asked, course.retries)
            lane.queue.shut(rest.asked_s, rest.later_s)

    def _renewed(self, course: Course, lane: Lane, response: Response, token: Token | None) -> bool:
        """Drop a token that was refused; say whether the call is made once more with a new one."""
        if response.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return False
        lane.drop(token)  # after a 403 too: a new one may have the scope that was added meanwhile
        if response.status == HTTPStatus.FORBIDDEN or token is None:
            return False
        if course.renewed:
            lane.rest(self.clock.monotonic())
            return False
        course.note(response)
        if lane.token(course.ends) is token:
            course.forget()
            return False
        course.lane, course.renewed = lane, True
        return True

    def _again(self, course: Course, lanes: Sequence[Lane], outcome: Outcome) -> bool:
        """Wait for another try and say that there is one, or that this was the last."""
        found = trouble(outcome)
        again = found and self._table.again(found, course.request.effect, course.retries)
        if found is None or again is None:
            return False
        wait = self._gates_s(lanes) if found is Trouble.THROTTLED else again.wait_s
        if self.clock.monotonic() + wait >= course.ends or not self._quota.take(again.cost):
            return False
        course.retried(outcome, again.cost)
        course.lane = None
        self._telemetry.backoff(course.request, found.value, wait)
        if found is not Trouble.THROTTLED:
            self.clock.sleep(timedelta(seconds=again.wait_s))
        return True

    def _gates_s(self, lanes: Sequence[Lane]) -> float:
        now = self.clock.monotonic()
        return min(lane.queue.shut_for(now) for lane in lanes)
