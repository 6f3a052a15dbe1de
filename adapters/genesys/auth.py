"""Who we are to the platform: OAuth client credentials, and the token that they give."""

from __future__ import annotations

import base64
import re
import threading
from concurrent.futures import Future
from copy import copy
from datetime import timedelta
from http import HTTPStatus
from math import inf
from typing import Final, Protocol
from urllib.parse import urlencode

from attrs import field, frozen

from jackfield.adapters.genesys.answers import Tried
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.wire import TokenAnswer, decode
from jackfield.adapters.http import Effect, Request, Response, Send
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret
from jackfield.ports.clock import Clock

_TIMEOUT: Final = timedelta(seconds=10)
_LONGEST_S: Final = 90.0
_GRACE_S: Final = 1.0
_PAUSE_S: Final = 5.0
_EARLY: Final = 60.0
_SHORT_LIFE: Final = 600.0
_TOKEN: Final = re.compile(r"[!-~]+")


@frozen
class Credentials:
    """An OAuth client: its id and its secret."""

    client_id: str
    secret: Secret


@frozen(eq=False)
class Token:
    """An access token; two are the same only if they are one object."""

    secret: Secret


class TokenSource(Protocol):
    """Where a call gets its token; thread-safe."""

    def current(self, ends: float = inf) -> Token:
        """Return a token that should be good, by *ends* (monotonic seconds)."""
        ...

    def drop(self, token: Token) -> None:
        """Do not hand out *token* again, for the platform refused it; another token is left alone."""
        ...


class FixedToken:
    """A token that was made elsewhere (`GENESYSCLOUD_ACCESS_TOKEN`); nothing can replace it."""

    def __init__(self, secret: Secret) -> None:
        self._token = Token(secret)

    def current(self, ends: float = inf) -> Token:
        """Return the token."""
        del ends  # it is there already
        return self._token

    def drop(self, token: Token) -> None:
        """Keep it: there is no other."""


class _Late(Exception):
    """The thread that fetched had no more time; whoever waited for it and has some fetches."""


@frozen
class _Held:
    token: Token
    refresh_at: float
    expires_at: float


@frozen(eq=False)
class _Flight:
    """A token that one thread fetches for all by its own `ends`; after `until` it comes no more.

    Both are monotonic seconds.
    """

    until: float
    ends: float
    token: Future[Token] = field(factory=Future[Token])


class Tokens:
    """Tokens by client credentials: kept until shortly before they expire, fetched once for all threads."""

    def __init__(
        self,
        send: Send,
        hosts: Hosts,
        credentials: Credentials,
        clock: Clock,
        *,
        scope: str = "",
        timeout: timedelta = _TIMEOUT,
    ) -> None:
        self._send = send
        self._url = f"{hosts.login}/oauth/token"
        self._credentials = credentials
        self._clock = clock
        self._scope = scope
        self._timeout = timeout
        self._lock = threading.Lock()  # held for a few assignments, never during a call
        self._held: _Held | None = None
        self._flight: _Flight | None = None

    def current(self, ends: float = inf) -> Token:
        """Return the held token, or fetch one by *ends*; threads that come meanwhile wait for it or get its
        error.

        Raises `AuthenticationFailed`, another `Refused`, or another `NotSent`: nothing has happened then.
        """
        held = self._held
        if held is not None and self._clock.monotonic() < held.refresh_at:
            return held.token
        return self._join(ends)

    def drop(self, token: Token) -> None:
        """Forget *token* if it is still the one that is held."""
        with self._lock:
            if self._held is not None and self._held.token is token:
                self._held = None

    def _join(self, ends: float) -> Token:
        with self._lock:
            now, held, flight = self._clock.monotonic(), self._held, self._flight
            if flight is not None and now >= flight.until:
                flight = None  # whoever fetched was interrupted
            if held is not None and (now < held.refresh_at or (flight and now < held.expires_at)):
                return held.token  # fetched meanwhile, or good for as long as another thread fetches
            mine = _Flight(min(ends, now + _LONGEST_S) + _GRACE_S, ends)
            if flight is None:
                self._flight = mine
        return self._lead(mine, ends) if flight is None else self._follow(flight, ends)

    def _lead(self, flight: _Flight, ends: float) -> Token:
        try:
            held = self._fetch(ends)
        except BaseException as error:
            kept = self._kept() if isinstance(error, JackfieldError) else None
            self._land(flight, kept)
            if kept is None:
                late = self._clock.monotonic() >= ends  # others may have more time
                # one object raised in many threads would mix their tracebacks and their attempts
                flight.token.set_exception(_Late() if late else copy(error))
                raise
            held = kept
        else:
            self._land(flight, held)
        flight.token.set_result(held.token)
        return held.token

    def _kept(self) -> _Held | None:
        """Return the held token while it is good, to be renewed a little later: this failed too early."""
        held, now = self._held, self._clock.monotonic()
        if held is None or now >= held.expires_at:
            return None
        return _Held(held.token, min(now + _PAUSE_S, held.expires_at), held.expires_at)

    def _land(self, flight: _Flight, held: _Held | None) -> None:
        with self._lock:
            if self._flight is flight:
                self._flight = None
            self._held = held or self._held

    def _follow(self, flight: _Flight, ends: float) -> Token:
        now = self._clock.monotonic()
        until = min(ends, flight.until)
        try:
            error = flight.token.exception(max(0.0, until - now))
        except TimeoutError:
            if until < ends:
                return self._join(ends)
            raise Unavailable("no token came before the deadline", remedy="try again later") from None
        if error is None:
            return flight.token.result()
        if isinstance(error, _Late) or (_is_of_time(error) and ends > flight.ends + _GRACE_S):
            return self.current(ends)
        raise copy(error) from error

    def _fetch(self, ends: float) -> _Held:
        tried = Tried(self._request(ends), self._clock)
        try:
            response = self._send(tried.request)
        except (Unavailable, OutcomeUnknown) as error:
            raise tried.unanswered(error) from error
        if response.status != HTTPStatus.OK:
            raise tried.refused(response)
        return self._accepted(tried, response)

    def _request(self, ends: float) -> Request:
        left = max(0.0, ends - self._clock.monotonic())
        return Request(
            method="POST",
            url=self._url,
            headers={
                "Authorization": f"Basic {self._basic()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=self._form(),
            read_timeout=self._timeout,
            deadline=timedelta(seconds=min(left, _LONGEST_S)),
            operation="token",
            effect=Effect.READS,
        )

    def _basic(self) -> str:
        pair = f"{self._credentials.client_id}:{self._credentials.secret.reveal()}"
        return base64.b64encode(pair.encode()).decode()

    def _form(self) -> bytes:
        fields = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        return urlencode(fields).encode()

    def _accepted(self, tried: Tried, response: Response) -> _Held:
        try:
            answer = decode(response.body, TokenAnswer)
        except InvalidInput as error:
            raise tried.unreadable(response, error) from None
        if _TOKEN.fullmatch(answer.access_token.reveal()) is None or answer.expires_in < 1:
            raise tried.unreadable(response, InvalidInput("the token is not usable"))
        margin = _EARLY if answer.expires_in >= _SHORT_LIFE else answer.expires_in * _EARLY / _SHORT_LIFE
        expires_at = tried.started + answer.expires_in
        return _Held(Token(answer.access_token), expires_at - margin, expires_at)


def _is_of_time(error: BaseException) -> bool:
    """Whether it might not have come to that with more time: no answer, or a wait that was too long."""
    return isinstance(error, NotSent | RateLimited)
