"""The one place that makes HTTP requests; its rules are those of `reliability.md`."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from jackfield.adapters.genesys.sockets import CURRENT, POOLS, Call
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable

_FAILURES: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
_CONNECT_TIMEOUT: Final = timedelta(seconds=5)
_URL: Final = re.compile(r"https?://[!-~]+")


class _TooLarge(urllib3.exceptions.HTTPError):
    """The decoded body is over the limit."""


class _Adapter(HTTPAdapter):
    """The adapter of `requests` on bounded connections; an answer's cookies are not even read."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = resp.status
        response.raw = resp
        response.request = req
        return response


class RequestsSend:
    """A `Send` over `requests`, for many threads: no redirect, environment, cookie or retry.

    A session adds nothing that is wanted here, so its adapter is used alone. `limit_bytes` counts the
    decoded body; `idle` is for how long a socket may stand before it is not used again. The deadline
    bounds everything but the resolver, and each address of a host may take its connect timeout. Where the
    status says it all, `cut` takes what has come of a body that is too large, too slow, or broken off.
    """

    def __init__(
        self,
        *,
        threads: int = 64,
        limit_bytes: int = 8_000_000,
        idle: timedelta = timedelta(seconds=4),
        connect_timeout: timedelta = _CONNECT_TIMEOUT,
        proxy: str | None = None,
        ca: Path | None = None,
        cut: bool = False,
    ) -> None:
        self._adapter = _Adapter(pool_connections=8, pool_maxsize=threads, max_retries=0)
        self._limit_bytes = limit_bytes
        self._idle = idle.total_seconds()
        self._connect_timeout = connect_timeout.total_seconds()
        self._proxies = _proxies(proxy)
        self._verify = _bundle(ca)
        self._cut = cut

    def __call__(self, request: Request) -> Response:
        """Make the call. Raises `Unavailable` or `OutcomeUnknown`; `InvalidInput` for a malformed request."""
        place = _place(request)
        call = Call(
            ends=time.monotonic() + request.deadline.total_seconds(),
            read_timeout=request.read_timeout.total_seconds(),
            idle_limit=self._idle,
            address=request.address,
        )
        CURRENT.set(call)
        try:
            return self._exchange(request, call)
        except _FAILURES as error:
            failure = _failure(error, call, place)
        raise failure  # outside the handler: the library's error repeats the URL and must not hang on ours

    def close(self) -> None:
        """Close every idle socket."""
        self._adapter.close()

    def _exchange(self, request: Request, call: Call) -> Response:
        timeout = (min(self._connect_timeout, call.left()), call.left())
        answer = self._adapter.send(
            _prepared(request), stream=True, timeout=timeout, verify=self._verify, proxies=self._proxies
        )
        try:
            return self._read_what_came(answer) if self._cut else self._read(answer)
        finally:
            answer.raw.close()

    def _read(self, answer: requests.Response) -> Response:
        body = answer.raw.read(self._limit_bytes + 1, decode_content=True)
        if len(body) > self._limit_bytes:
            raise _TooLarge
        answer.raw.release_conn()
        headers = {name.lower(): value for name, value in answer.raw.headers.items()}
        return Response(status=answer.status_code, headers=headers, body=body)

    def _read_what_came(self, answer: requests.Response) -> Response:
        try:
            return self._read(answer)
        except _FAILURES:
            headers = {name.lower(): value for name, value in answer.raw.headers.items()}
            return Response(status=answer.status_code, headers=headers)


def _prepared(request: Request) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    prepared.body = request.body
    prepared.headers = CaseInsensitiveDict({"User-Agent": "jackfield", "Accept-Encoding": "gzip"})
    prepared.headers.update(request.headers)
    if request.body is not None:
        prepared.headers["Content-Length"] = str(len(request.body))
    return prepared


def _place(request: Request) -> str:
    """Return what an error may show of the call: no query and no user."""
    with suppress(ValueError):
        parts = urlsplit(request.url)
        if _URL.fullmatch(request.url) and parts.port != 0:
            return f"{request.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    raise InvalidInput("a URL is http or https, with a host, and percent-encoded", place=request.method)


def _failure(error: Exception, call: Call, place: str) -> JackfieldError:
    late = time.monotonic() >= call.ends
    if call.sent:
        return OutcomeUnknown(_broken(error, late=late), place=place)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return InvalidInput("a header cannot be sent", place=place)
    return Unavailable(
        _unreached(error, late=late), place=place, remedy="check the network, and the region or base URL"
    )


def _broken(error: Exception, *, late: bool) -> str:
    if isinstance(error, _TooLarge):
        return "the answer is too large"
    return (
        "no whole answer came before the deadline"
        if late
        else "the connection broke before a whole answer came"
    )


def _unreached(error: Exception, *, late: bool) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS handshake failed: the certificate is not trusted, or it is no TLS port"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached, or refuses"
    if late or isinstance(error, requests.exceptions.Timeout):
        return "no connection in time"
    return "the host cannot be reached"


def _proxies(proxy: str | None) -> dict[str, str]:
    if proxy is None:
        return {}
    if _URL.fullmatch(proxy) is None:
        raise InvalidInput("a proxy is an http:// or https:// URL", place="proxy")
    return {"http": proxy, "https": proxy}


def _bundle(ca: Path | None) -> str | bool:
    if ca is None:
        return True
    if not os.path.exists(ca):  # noqa: PTH110  # a path that cannot even be asked for is not there
        raise InvalidInput("there is no such file of CA certificates", place=str(ca))
    return str(ca)
