"""An authorized call of the platform's API, answered by a value or by one of our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from math import inf
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from attrs import evolve, field, frozen

from jackfield.adapters.genesys.answers import Tried
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.breaker import Reading
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Effect, Request
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, Unavailable

T = TypeVar("T")
_DOTS: Final = frozenset({"", ".", ".."})


@frozen(kw_only=True)
class Change:
    """A call that changes something; `name` is the prompt's, for remedies.

    `effect` is the method's, unless a `PATCH` says all of what it sets, so that twice is once.
    """

    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str] = field(factory=dict[str, str])
    name: str = "NAME"
    effect: Effect | None = None


class Client:
    """Makes the calls of one area of the API under the rules, with a token of the least loaded OAuth client.

    Waiting, retrying, pacing and renewing a refused token are the policy's; this makes requests, and values
    or errors of what comes back. `bulk` work lets people's calls pass, and may take longer. `ends` is when
    the last call must be over, in monotonic seconds.
    """

    def __init__(
        self,
        policy: Policy,
        lanes: Sequence[Lane],
        hosts: Hosts,
        *,
        area: str = "prompts",
        bulk: bool = False,
        ends: float = inf,
        usual: timedelta | None = None,
    ) -> None:
        self._policy = policy
        self._lanes = lanes
        self._hosts = hosts
        self._area = area
        self._bulk = bulk
        self._deadline = policy.rules.deadline(bulk=bulk)
        self._read_timeout = policy.rules.read_timeout
        self._ends = ends
        self._usual = usual

    @property
    def api(self) -> str:
        """Where the API is, without a slash at the end."""
        return self._hosts.api

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The ways to the platform, one for each OAuth client."""
        return tuple(self._lanes)

    def of(self, area: str) -> Client:
        """Return the client for another area of the API, whose calls fail together."""
        return self._like(area=area)

    def usually(self, lasting: timedelta) -> Client:
        """Return the client for calls that are allowed so long unless their caller is in haste; the platform
        is not blamed for an answer that did not come in much less."""
        return self._like(usual=lasting)

    def sharing_a_deadline(self) -> Client:
        """Return the client for several calls that are one to whoever waits: one deadline bounds them all."""
        return self._like(ends=self._policy.clock.monotonic() + self._deadline.total_seconds())

    def until(self, ends: float) -> Client:
        """Return the client for calls that must be over by *ends*, in monotonic seconds."""
        return self._like(ends=min(ends, self._ends))

    def on(self, lane: Lane) -> Client:
        """Return the client for calls with the tokens of one of its lanes."""
        return self._like(lanes=(lane,))

    def _like(
        self,
        *,
        lanes: Sequence[Lane] | None = None,
        area: str | None = None,
        ends: float | None = None,
        usual: timedelta | None = None,
    ) -> Client:
        return Client(
            self._policy,
            self._lanes if lanes is None else lanes,
            self._hosts,
            area=area or self._area,
            bulk=self._bulk,
            ends=self._ends if ends is None else ends,
            usual=usual or self._usual,
        )

    def read(self, path: str, parse: Callable[[bytes], T]) -> T:
        """Return what is at *path*. Raises a `Refused`, or a `NotSent` for anything that is no answer."""
        request = self._request("GET", path, "read", {"Accept": "application/json"})
        return self._call(Tried(request, self._policy.clock), parse)

    def query(self, path: str, body: bytes, parse: Callable[[bytes], T]) -> T:
        """Ask by `POST` for what changes nothing, so that it may be sent again. Raises what `read` raises."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        request = evolve(self._request("POST", path, "query", headers, body), effect=Effect.READS)
        return self._call(Tried(request, self._policy.clock), parse)

    def change(self, change: Change, parse: Callable[[bytes], T]) -> T:
        """Change something. Raises `Refused` or a `NotSent` if it did not happen, else `OutcomeUnknown`."""
        written = {} if change.body is None else {"Content-Type": "application/json"}
        headers = {"Accept": "application/json", **written, **change.headers}
        request = self._request(change.method, change.path, "change", headers, change.body)
        if change.effect is not None:
            request = evolve(request, effect=change.effect)
        return self._call(Tried(request, self._policy.clock, name=change.name), parse)

    def breakers(self) -> tuple[Reading, ...]:
        """Return the state of every circuit breaker of this target so far."""
        return self._policy.breakers()

    def _request(
        self, method: str, path: str, verb: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Request:
        return Request(
            method=method,
            url=self._hosts.api + path,
            headers=headers,
            body=body,
            read_timeout=self._read_timeout,
            usual=self._usual,
            deadline=self._deadline if self._ends == inf else timedelta(seconds=self.seconds_left),
            operation=f"{self._area}.{verb}",
            bulk=self._bulk,
        )

    @property
    def seconds_left(self) -> float:
        """How long calls may still take, before `until`; infinite where nothing said so."""
        return max(0.0, self._ends - self._policy.clock.monotonic())

    def _call(self, tried: Tried, parse: Callable[[bytes], T]) -> T:
        try:
            response = self._policy.exchange(tried.request, self._lanes)
        except (Unavailable, OutcomeUnknown) as error:
            raise tried.unanswered(error) from error
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise tried.refused(response)
        try:
            return parse(response.body)
        except InvalidInput as error:
            failure = tried.unreadable(response, error)
        raise failure


def path(*parts: str, **query: str | int) -> str:
    """Return an absolute path of percent-encoded parts, and its query."""
    if not _DOTS.isdisjoint(parts):
        raise InvalidInput("a part of a path is empty or made of dots", place="/".join(parts)[:80])
    asked = f"?{urlencode(query)}" if query else ""
    return "/" + "/".join(quote(part, safe="") for part in parts) + asked
