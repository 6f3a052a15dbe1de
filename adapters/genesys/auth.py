"""Who we are to the platform: OAuth client credentials, and the token that they give."""

from __future__ import annotations

import base64
import re
import threading
from concurrent.futures import Future
from copy import copy
from datetime import timedelta
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlencode

from attrs import frozen

from jackfield.adapters.genesys.answers import Tried
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.wire import TokenAnswer, decode
from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.ports.clock import Clock

_READ_TIMEOUT: Final = timedelta(seconds=10)
_DEADLINE: Final = timedelta(seconds=20)
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

    def current(self) -> Token:
        """Return a token that should be good."""
        ...

    def drop(self, token: Token) -> None:
        """Do not hand out *token* again, for the platform refused it; another token is left alone."""
        ...


class FixedToken:
    """A token that was made elsewhere (`GENESYSCLOUD_ACCESS_TOKEN`); nothing can replace it."""

    def __init__(self, secret: Secret) -> None:
        self._token = Token(secret)

    def current(self) -> Token:
        """Return the token."""
        return self._token

    def drop(self, token: Token) -> None:
        """Keep it: there is no other."""


@frozen
class _Held:
    token: Token
    refresh_at: float
    expires_at: float


class Tokens:
    """Tokens by client credentials: kept until shortly before they expire, fetched once for all threads."""

    def __init__(
        self, send: Send, hosts: Hosts, credentials: Credentials, clock: Clock, *, scope: str = ""
    ) -> None:
        self._send = send
        self._url = f"{hosts.login}/oauth/token"
        self._credentials = credentials
        self._clock = clock
        self._scope = scope
        self._lock = threading.Lock()  # held for a few assignments, never during a call
        self._held: _Held | None = None
        self._flight: Future[Token] | None = None

    def current(self) -> Token:
        """Return the held token, or fetch one; threads that come meanwhile wait for it or get its error.

        Raises `AuthenticationFailed`, another `Refused`, or `Unavailable`: nothing has happened then.
        """
        held = self._held
        if held is not None and self._clock.monotonic() < held.refresh_at:
            return held.token
        return self._join()

    def drop(self, token: Token) -> None:
        """Forget *token* if it is still the one that is held."""
        with self._lock:
            if self._held is not None and self._held.token is token:
                self._held = None

    def _join(self) -> Token:
        with self._lock:
            now, held, flight = self._clock.monotonic(), self._held, self._flight
            if held is not None and (now < held.refresh_at or (flight and now < held.expires_at)):
                return held.token  # fetched meanwhile, or good for as long as another thread fetches
            mine: Future[Token] = Future()
            if flight is None:
                self._flight = mine
        return self._lead(mine) if flight is None else self._follow(flight)

    def _lead(self, flight: Future[Token]) -> Token:
        try:
            held = self._fetch()
        except BaseException as error:
            self._land(None)
            flight.set_exception(error)
            raise
        self._land(held)
        flight.set_result(held.token)
        return held.token

    def _land(self, held: _Held | None) -> None:
        with self._lock:
            self._flight = None
            self._held = held or self._held

    def _follow(self, flight: Future[Token]) -> Token:
        error = flight.exception()
        if isinstance(error, JackfieldError):
            raise copy(error) from error  # one object raised in many threads would mix their tracebacks
        return flight.result() if error is None else self.current()

    def _fetch(self) -> _Held:
        tried = Tried(self._request(), self._clock, changes=False)
        try:
            response = self._send(tried.request)
        except (Unavailable, OutcomeUnknown) as error:
            raise tried.unanswered(error) from error
        if response.status != HTTPStatus.OK:
            raise tried.refused(response)
        return self._accepted(tried, response)

    def _request(self) -> Request:
        return Request(
            method="POST",
            url=self._url,
            headers={
                "Authorization": f"Basic {self._basic()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=self._form(),
            read_timeout=_READ_TIMEOUT,
            deadline=_DEADLINE,
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
