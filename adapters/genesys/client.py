"""An authorized call of the platform's API, answered by a value or by one of our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from attrs import evolve, field, frozen
from loguru import logger

from jackfield.adapters.genesys.answers import Tried, correlation_id
from jackfield.adapters.genesys.auth import Token, TokenSource
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, Unavailable
from jackfield.ports.clock import Clock

T = TypeVar("T")
_DOTS: Final = frozenset({"", ".", ".."})


@frozen(kw_only=True)
class Change:
    """A call that changes something; `name` is the prompt's, for remedies."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(factory=dict[str, str])
    name: str = "NAME"


class Client:
    """Makes calls with a token; a 401 is answered once with a new token, by the rules of `wire.md` §1.

    Waiting, retrying and pacing are the `send`'s: this makes one call, or two around a new token.
    """

    def __init__(self, send: Send, tokens: TokenSource, hosts: Hosts, clock: Clock) -> None:
        self._send = send
        self._tokens = tokens
        self._hosts = hosts
        self._clock = clock

    def read(self, path: str, parse: Callable[[bytes], T]) -> T:
        """Return what is at *path*. Raises a `Refused`, or `Unavailable` for anything that is no answer."""
        request = Request(method="GET", url=self._hosts.api + path, headers={"Accept": "application/json"})
        return self._call(Tried(request, self._clock, changes=False), parse)

    def change(self, change: Change, parse: Callable[[bytes], T]) -> T:
        """Change something. Raises `Refused` or `Unavailable` if it did not happen, else `OutcomeUnknown`."""
        request = Request(
            method=change.method,
            url=self._hosts.api + change.path,
            headers={"Accept": "application/json", "Content-Type": "application/json", **change.headers},
            body=change.body,
        )
        return self._call(Tried(request, self._clock, changes=True, name=change.name), parse)

    def _call(self, tried: Tried, parse: Callable[[bytes], T]) -> T:
        tried, response = self._authorized(tried)
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise tried.refused(response)
        try:
            return parse(response.body)
        except InvalidInput as error:
            failure = tried.unreadable(response, error)
        raise failure

    def _authorized(self, tried: Tried) -> tuple[Tried, Response]:
        token = self._tokens.current()
        response = self._once(tried, token)
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.drop(token)
            fresh = self._tokens.current()
            if fresh is not token:
                tried = evolve(tried, earlier=tried.attempts(response))
                token, response = fresh, self._once(tried, fresh)
        if response.status == HTTPStatus.FORBIDDEN:
            self._tokens.drop(token)  # a new one may have the scope that was added meanwhile
        return tried, response

    def _once(self, tried: Tried, token: Token) -> Response:
        asked = tried.request
        request = Request(
            method=asked.method,
            url=asked.url,
            headers={**asked.headers, "Authorization": f"Bearer {token.secret.reveal()}"},
            body=asked.body,
        )
        try:
            response = self._send(request)
        except (Unavailable, OutcomeUnknown) as error:
            _log(tried, error=type(error).__name__)
            raise tried.unanswered(error) from error
        _log(tried, status=response.status, correlation_id=correlation_id(response))
        return response


def _log(tried: Tried, **said: str | int) -> None:
    """Tell of a call, without its query, headers and bodies; nobody hears it unless the program wants to."""
    logger.bind(method=tried.request.method, path=tried.path, **said).debug("platform call")


def path(*parts: str, **query: str | int) -> str:
    """Return an absolute path of percent-encoded parts, and its query."""
    if not _DOTS.isdisjoint(parts):
        raise InvalidInput("a part of a path is empty or made of dots", place="/".join(parts)[:80])
    asked = f"?{urlencode(query)}" if query else ""
    return "/" + "/".join(quote(part, safe="") for part in parts) + asked
