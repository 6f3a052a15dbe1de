"""Receivers as they are: they hang, drip, redirect, send too much, or an error page with a 200."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request
from jackfield.adapters.testing.destination import entry
from jackfield.adapters.webhooks import Allowed, GuardedHttp
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown, Unavailable
from jackfield.plugins.builtin.posting import Posted

BRIEF = timedelta(milliseconds=300)
LONG = timedelta(seconds=30)
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


class Forever:
    """Sends pieces until the caller has gone."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.head, self.piece = head, piece

    def __call__(self, caller: socket.socket, over: threading.Event) -> None:
        caller.sendall(self.head)
        while not over.wait(0.02):
            caller.sendall(self.piece)


def says(answer: bytes) -> Callable[[socket.socket, threading.Event], None]:
    return lambda caller, _: caller.sendall(answer)


def whole(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def _two(_host: str, _port: int) -> Sequence[str]:
    return ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


@contextmanager
def _serving(
    behave: Callable[[socket.socket, threading.Event], None],
) -> Generator[tuple[int, list[bytes]]]:
    heard, over = list[bytes](), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not over.is_set():
                with suppress(OSError):
                    caller, _ = listener.accept()
                    caller.settimeout(30)
                    with caller:
                        heard.append(caller.recv(65_536))
                        behave(caller, over)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1], heard
        finally:
            over.set()
            thread.join()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _http(stack: ExitStack, deadline: timedelta = LONG) -> GuardedHttp:
    send = RequestsSend(cut=True, limit_bytes=64_000)
    stack.callback(send.close)
    allowed = Allowed(names=frozenset({"hooks.internal"}))
    return GuardedHttp(send=send, clock=SystemClock(), allowed=allowed, resolve=_here, deadline=deadline)


def _deadline(behave: Callable[[socket.socket, threading.Event], None]) -> timedelta:
    """How long the caller waits: as briefly as it can where the receiver never comes to an end."""
    if not isinstance(behave, Forever):
        return LONG
    return 5 * BRIEF if b"\r\n\r\n" in behave.head else BRIEF


def _delivered(stack: ExitStack, behave: Callable[[socket.socket, threading.Event], None]) -> Delivery | str:
    port, _ = stack.enter_context(_serving(behave))
    posted = Posted(
        name="x",
        url=f"http://hooks.internal:{port}/x",
        wants=("*",),
        http=_http(stack, _deadline(behave)),
        secrets=(),
        body=lambda _: {},
        now=lambda: NOW,
    )
    try:
        return posted.deliver(entry())
    except JackfieldError as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("behave", "verdict"),
    [
        (says(whole("200 OK", b"<html>Internal Server Error</html>")), Delivered()),
        (says(whole("204 No Content")), Delivered()),
        (says(whole("200 OK", b"x" * 1_000_000)), Delivered()),
        (Forever(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"), Delivered()),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nbroken off"), Delivered()),
        (Forever(b"", b""), "OutcomeUnknown"),
        (Forever(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"), "OutcomeUnknown"),
        (says(b""), "OutcomeUnknown"),
        (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "OutcomeUnknown"),
        (
            says(whole("302 Found", b"", "Location: http://127.0.0.1/")),
            Retry(reason="the receiver answered 302, and redirects are not followed"),
        ),
        (says(whole("500 Oops")), Retry(reason="the receiver answered 500")),
        (says(whole("404 Not Found")), Retry(reason="the receiver answered 404")),
        (
            says(whole("429 Slow", b"", "Retry-After: 70")),
            Retry(reason="the receiver answered 429", after=timedelta(seconds=70)),
        ),
        (says(whole("503 No", b"", "Retry-After: soon")), Retry(reason="the receiver answered 503")),
        (says(whole("422 No")), Rejected(reason="the receiver answered 422")),
        (says(whole("410 Gone")), Gone(reason="the receiver answered 410: it is gone")),
    ],
    ids=[
        "error page",
        "no content",
        "huge",
        "dripping body",
        "broken off",
        "hangs",
        "dripping head",
        "closes",
        "no HTTP",
        "redirects",
        "500",
        "404",
        "asks for time",
        "asks for nonsense",
        "rejects",
        "gone",
    ],
)
def test_the_status_decides(
    stack: ExitStack,
    behave: Callable[[socket.socket, threading.Event], None],
    verdict: Delivery | str,
) -> None:
    assert _delivered(stack, behave) == verdict


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        ("0", timedelta()),
        ("58", timedelta(seconds=58)),
        ("86400", timedelta(days=1)),
        ("Sat, 21 Nov 2026 09:31:58 GMT", timedelta(seconds=58)),
        ("Sat, 21 Nov 2026 09:30:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_how_long_a_receiver_asks_to_wait(stack: ExitStack, asked: str, after: timedelta | None) -> None:
    verdict = _delivered(stack, says(whole("429 Slow", b"", f"Retry-After: {asked}")))
    assert verdict == Retry(reason="the receiver answered 429", after=after)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_this_machine_is_not_followed(stack: ExitStack, status: int) -> None:
    port, heard = stack.enter_context(_serving(says(whole("200 OK"))))
    location = f"Location: http://127.0.0.1:{port}/"
    verdict = _delivered(stack, says(whole(f"{status} Elsewhere", b"", location)))
    assert verdict == Retry(reason=f"the receiver answered {status}, and redirects are not followed")
    assert heard == []


def test_nobody_there_is_not_sent(stack: ExitStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unavailable):
        _http(stack)("POST", f"http://hooks.internal:{port}/x", body=b"")


def test_the_host_s_name_stays_in_the_request(stack: ExitStack) -> None:
    port, heard = stack.enter_context(_serving(says(whole("200 OK"))))
    _http(stack)("POST", f"http://hooks.internal:{port}/x", body=b"")
    assert f"Host: hooks.internal:{port}".encode() in heard[0]


def test_the_host_s_name_stays_in_the_handshake(stack: ExitStack) -> None:
    names = list[str | None]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            caller, _ = listener.accept()
            with suppress(OSError):
                context.wrap_socket(caller, server_side=True)
            caller.close()

        thread = threading.Thread(target=accept)
        thread.start()
        with pytest.raises((Unavailable, OutcomeUnknown)):  # it has no certificate
            _http(stack)("POST", f"https://hooks.internal:{listener.getsockname()[1]}/x", body=b"")
        thread.join()
    assert names == ["hooks.internal"]


def test_the_next_address_is_tried_while_nothing_was_sent(stack: ExitStack) -> None:
    asked = list[str]()

    def send(request: Request) -> object:
        asked.append(str(request.address))
        raise Unavailable("the host cannot be reached")

    http = GuardedHttp(
        send=send,  # type: ignore[arg-type]  # it never answers
        clock=SystemClock(),
        resolve=_two,
    )
    with pytest.raises(Unavailable):
        http("POST", "https://example.com/")
    assert asked == ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
