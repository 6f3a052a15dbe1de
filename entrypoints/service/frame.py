"""What stands around every request: its id, its log line, its count; what escapes becomes a problem."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import define, field

from jackfield.entrypoints.service.access_log import AccessLog
from jackfield.entrypoints.service.counting import Counters
from jackfield.entrypoints.service.problems import CONTENT_TYPE, Problem, Refusal, unexpected
from jackfield.entrypoints.service.tracing import is_sane

Environ: TypeAlias = dict[str, Any]
Start: TypeAlias = Callable[..., Any]
Wsgi: TypeAlias = Callable[[Environ, Start], Iterable[bytes]]
Direct: TypeAlias = Callable[[Environ, "Exchange"], tuple[str, list[tuple[str, str]], bytes]]
"""Answers at once, around Falcon: for the few operations whose every microsecond counts."""

EXCHANGE: Final = "jackfield.exchange"
UNROUTED: Final = "-"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATUSES: Final = {
    200: "200 OK",
    400: "400 Bad Request",
    408: "408 Request Timeout",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}


@define
class Exchange:
    """A request and what became of it; whoever answers fills in the route and the caller."""

    id: str
    begun: float
    route: str = UNROUTED
    caller: str = UNROUTED
    status: int = 0
    sent: int = 0


@define
class Frame:
    """The whole service as one WSGI application. `direct` operations are answered without Falcon."""

    app: Wsgi
    counters: Counters
    new_id: Callable[[], str]
    log: AccessLog | None = None
    direct: Mapping[tuple[str, str], Direct] = field(factory=dict[tuple[str, str], Direct])

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request; nothing escapes but what ends the process."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        identifier = given if given and is_sane(given) else self.new_id()
        exchange = environ[EXCHANGE] = Exchange(identifier, time.perf_counter())
        at_once = self.direct.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if at_once is not None:
            return self._at_once(at_once, environ, exchange, start)

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            exchange.status = int(status[:3])
            headers.append(("x-request-id", identifier))
            return start(status, headers) if exc_info is None else start(status, headers, exc_info)

        try:
            pieces = self.app(environ, begin)
        except Refusal as refusal:
            return self._ended(environ, exchange, [_sent(refusal.problem, exchange, begin)])
        except Exception:  # noqa: BLE001  # a fault of ours ends its request alone
            tell_fault(exchange)
            return self._ended(environ, exchange, [_sent(unexpected(), exchange, begin)])
        if isinstance(pieces, list):
            return self._ended(environ, exchange, pieces)
        return Ending(pieces, exchange, lambda: self._count(environ, exchange))

    def _at_once(self, answer: Direct, environ: Environ, exchange: Exchange, start: Start) -> Iterable[bytes]:
        try:
            status, headers, body = answer(environ, exchange)
        except Refusal as refusal:
            status, headers, body = _problem(refusal.problem, exchange)
        except Exception:  # noqa: BLE001  # as above
            tell_fault(exchange)
            status, headers, body = _problem(unexpected(), exchange)
        exchange.status = int(status[:3])
        headers.append(("x-request-id", exchange.id))
        start(status, headers)
        return self._ended(environ, exchange, [body])

    def _ended(self, environ: Environ, exchange: Exchange, body: list[bytes]) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD":
            body = []  # a server may send one, and it would be taken for the next answer
        exchange.sent = sum(map(len, body))
        self._count(environ, exchange)
        return body

    def _count(self, environ: Environ, exchange: Exchange) -> None:
        seconds, method = time.perf_counter() - exchange.begun, environ["REQUEST_METHOD"]
        if method not in _METHODS:  # what anybody may make up is no label
            method = UNROUTED
        self.counters.count(method, exchange.route, exchange.status, seconds)
        if self.log is not None:
            self.log.write(
                (
                    time.time(),
                    exchange.id,
                    method,
                    exchange.route,
                    exchange.caller,
                    exchange.status,
                    seconds * 1_000,
                    exchange.sent,
                )
            )


class Ending:
    """Pieces of an answer; tells when they have ended, also early."""

    def __init__(self, pieces: Iterable[bytes], exchange: Exchange, ended: Callable[[], None]) -> None:
        self._pieces = pieces
        self._next: Iterator[bytes] = iter(pieces)
        self._exchange = exchange
        self._ended: Callable[[], None] | None = ended

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._next)
        except StopIteration:
            self.close()
            raise
        except Exception:  # noqa: BLE001  # the answer has begun: it can only be cut
            tell_fault(self._exchange)
            self.close()
            raise StopIteration from None
        self._exchange.sent += len(piece)
        return piece

    def close(self) -> None:
        """Let go of what gives the pieces; twice is fine."""
        ended, self._ended = self._ended, None
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        if ended is not None:
            ended()


def _problem(problem: Problem, exchange: Exchange) -> tuple[str, list[tuple[str, str]], bytes]:
    body = problem.body(exchange.id)
    status = STATUSES.get(problem.status, f"{problem.status} Refused")
    headers = [(name.lower(), value) for name, value in problem.headers.items()]
    return status, [*headers, ("content-type", CONTENT_TYPE), ("content-length", str(len(body)))], body


def _sent(problem: Problem, exchange: Exchange, begin: Start) -> bytes:
    status, headers, body = _problem(problem, exchange)
    begin(status, headers)
    return body


def tell_fault(exchange: Exchange) -> None:
    """Say on standard error where it happened, and of what type it is; never what it says: it may be told."""
    error = sys.exc_info()[1]
    frames = traceback.extract_tb(None if error is None else error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    line = f"fault in request {exchange.id} ({exchange.route}): {type(error).__name__} at {places}\n"
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError):
        return
