from __future__ import annotations

import gzip
import random
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable

CANARY = "canary-7f3a"
SECRET = "secret-9c1d"
Turn = Callable[[socket.socket], None]


class ScriptedServer:
    """Takes one request after the other on real sockets and answers each with the next turn of its script.

    A connection stays open until its client, or a turn, closes it.
    """

    def __init__(self, *script: Turn | bytes) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = list(script)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api?name={CANARY}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while received := _request(connection):
                self.requests.append(received)
                turn = self._script.pop(0)
                if isinstance(turn, bytes):
                    connection.sendall(turn)
                else:
                    turn(connection)


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", 0)):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def ok(body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def then_close(answer: bytes, closed: threading.Event | None = None) -> Turn:
    def turn(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)
        if closed is not None:
            closed.set()

    return turn


def dripping(start: bytes, drop: bytes) -> Turn:
    def turn(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(drop)

    return turn


def get(server: ScriptedServer, *, deadline: float = 20, read: float = 20) -> Request:
    return Request(
        method="GET",
        url=server.url,
        headers={"Authorization": f"Bearer {SECRET}"},
        deadline=timedelta(seconds=deadline),
        read_timeout=timedelta(seconds=read),
    )


@pytest.fixture
def send() -> Iterator[RequestsSend]:
    transport = RequestsSend(limit_bytes=100_000)
    yield transport
    transport.close()


def test_returns_status_headers_in_lower_case_and_the_body(send: RequestsSend) -> None:
    with ScriptedServer(b"HTTP/1.1 404 Gone\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nno") as server:
        response = send(get(server))
    assert response == Response(status=404, headers={"x-one": "1", "content-length": "2"}, body=b"no")


def test_sends_what_it_was_given_and_little_else(send: RequestsSend) -> None:
    with ScriptedServer(ok()) as server:
        send(Request(method="POST", url=server.url, headers={"X-One": "1"}, body=b'{"a":1}'))
        host = server.url.split("/")[2]
    assert server.requests == [
        f"POST /api?name={CANARY} HTTP/1.1\r\n"
        f"Host: {host}\r\n"
        "User-Agent: jackfield\r\n"
        "Accept-Encoding: gzip\r\n"
        "X-One: 1\r\n"
        "Content-Length: 7\r\n"
        '\r\n{"a":1}'.encode()
    ]


def test_an_answer_in_chunks_is_read_whole(send: RequestsSend) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with ScriptedServer(chunked) as server:
        assert send(get(server)).body == b"abcde"


def test_an_answer_that_ends_with_its_connection_is_read_whole(send: RequestsSend) -> None:
    with ScriptedServer(then_close(b"HTTP/1.1 200 OK\r\n\r\nabc")) as server:
        assert send(get(server)).body == b"abc"


def test_an_answer_without_a_body_frees_its_connection(send: RequestsSend) -> None:
    with ScriptedServer(b"HTTP/1.1 204 No Content\r\n\r\n", ok()) as server:
        assert send(get(server)).status == 204
        send(get(server))
    assert server.connections == 1


def test_a_compressed_answer_is_decoded(send: RequestsSend) -> None:
    with ScriptedServer(ok(gzip.compress(b"abc" * 1000), b"Content-Encoding: gzip")) as server:
        assert send(get(server)).body == b"abc" * 1000


def test_redirects_are_not_followed(send: RequestsSend) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer(moved) as server:
        assert send(get(server)).status == 302


def test_cookies_are_not_kept(send: RequestsSend) -> None:
    with ScriptedServer(ok(b"", b"Set-Cookie: a=b"), ok()) as server:
        send(get(server))
        send(get(server))
    assert b"cookie" not in server.requests[1].lower()


def test_the_environment_is_not_read(
    send: RequestsSend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with ScriptedServer(ok()) as server:
        send(Request(method="GET", url=server.url))
    assert b"authorization" not in server.requests[0].lower()


def test_a_given_proxy_is_used() -> None:
    with ScriptedServer(ok(b"by proxy")) as server:
        send = RequestsSend(proxy=server.url.partition("/api")[0])
        response = send(Request(method="GET", url="http://api.example/x?a=b"))
        send.close()
    assert (response.body, server.requests[0].partition(b"\r\n")[0]) == (
        b"by proxy",
        b"GET http://api.example/x?a=b HTTP/1.1",
    )


def test_connections_are_used_again(send: RequestsSend) -> None:
    with ScriptedServer(ok(), ok()) as server:
        send(get(server))
        send(get(server))
    assert server.connections == 1


def test_a_connection_that_stood_idle_is_not_used_again() -> None:
    send = RequestsSend(idle=timedelta())
    with ScriptedServer(ok(), ok()) as server:
        send(get(server))
        send(get(server))
        send.close()
    assert server.connections == 2


def test_a_connection_that_the_server_closed_after_answering_is_replaced(send: RequestsSend) -> None:
    closed = threading.Event()
    with ScriptedServer(then_close(ok(), closed), ok(b"second")) as server:
        send(get(server))
        assert closed.wait(30)
        assert send(Request(method="POST", url=server.url, body=b"{}")).body == b"second"


def test_many_threads_share_it(send: RequestsSend) -> None:
    with ScriptedServer(*[ok()] * 64) as server, ThreadPoolExecutor(16) as pool:
        statuses = [r.status for r in pool.map(send, [get(server)] * 64)]
    assert statuses == [200] * 64


def test_a_refused_connection_means_that_nothing_was_sent(send: RequestsSend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        send(Request(method="POST", url=f"http://127.0.0.1:{port}/", body=b"{}"))


def test_a_failed_tls_handshake_means_that_nothing_was_sent(send: RequestsSend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_answer_in_clear, args=(listener,))
        answering.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(Unavailable, match="TLS"):
            send(Request(method="POST", url=url, body=b"{}"))
        answering.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
def test_only_the_given_authorities_are_trusted(send: RequestsSend, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    trusting = RequestsSend(ca=certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_answer_in_tls, args=(listener, certificate))
        answering.start()
        request = Request(method="GET", url=f"https://localhost:{listener.getsockname()[1]}/")
        with pytest.raises(Unavailable, match="not trusted"):
            send(request)
        assert trusting(request).body == b"{}"
        answering.join()
    trusting.close()


def _certificate(folder: Path) -> Path:
    """Make a self-signed certificate for localhost, in one file with its key."""
    path = folder / "localhost.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(path),
        "-out",
        str(folder / "cert.pem"),
    ]
    subprocess.run(["openssl", "req", "-x509", *options, *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "cert.pem").read_bytes())
    return path


def _answer_in_tls(listener: socket.socket, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    for _ in range(2):
        connection, _ = listener.accept()
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            _request(secure)
            secure.sendall(ok())


def _answer_in_clear(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with suppress(OSError):
            connection.recv(65_536)


@pytest.mark.parametrize(
    "turn",
    [
        then_close(b""),
        then_close(b"HTTP/1.1 200"),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 5\r\n\r\nabc",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        ok(b"no gzip at all", b"Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_a_call_without_a_whole_answer_may_have_happened(send: RequestsSend, turn: Turn | bytes) -> None:
    with ScriptedServer(turn) as server, pytest.raises(OutcomeUnknown):
        send(get(server))


def test_a_read_timeout_may_have_happened(send: RequestsSend) -> None:
    with ScriptedServer(b"") as server, pytest.raises(OutcomeUnknown):
        send(get(server, read=0.05))


@pytest.mark.parametrize(
    "turn",
    [
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X"),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        dripping(ok(b"", b"Content-Encoding: gzip")[:-2] + gzip.compress(b"x")[:10], b"\0"),
    ],
    ids=["status", "headers", "continue", "length", "close", "chunks", "chunk-size", "gzip"],
)
def test_a_dripping_answer_ends_with_the_deadline(send: RequestsSend, turn: Turn) -> None:
    """Without one it would drip for ever."""
    with ScriptedServer(turn) as server, pytest.raises(OutcomeUnknown, match="deadline"):
        send(get(server, deadline=0.3))


def test_a_call_whose_deadline_has_passed_is_not_sent(send: RequestsSend) -> None:
    with ScriptedServer(ok()) as server, pytest.raises(Unavailable, match="in time"):
        send(get(server, deadline=0))
    assert server.requests == []


def test_an_answer_that_is_too_large_is_not_read(send: RequestsSend) -> None:
    with ScriptedServer(ok(b"x" * 100_001), ok(b"x" * 100_000)) as server:
        with pytest.raises(OutcomeUnknown, match="too large"):
            send(get(server))
        assert len(send(get(server)).body) == 100_000


def test_a_compressed_bomb_is_stopped_at_the_limit(send: RequestsSend) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with ScriptedServer(ok(bomb, b"Content-Encoding: gzip")) as server:
        tracemalloc.start()
        with pytest.raises(OutcomeUnknown, match="too large"):
            send(get(server))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", url=f"ftp://host/{CANARY}"),
        Request(method="GET", url=f"file:///{CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/ {CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/\r\nX: {CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/ü{CANARY}"),
        Request(method="GET", url=f"http://[::1/{CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:port/{CANARY}"),
    ],
)
def test_a_url_that_is_not_http_is_not_sent(send: RequestsSend, request_: Request) -> None:
    with pytest.raises(InvalidInput) as caught:
        send(request_)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("value", [f"{CANARY}\r\nX: y", f"{CANARY}\n", f"{CANARY}\u20ac"])
def test_a_header_that_http_cannot_carry_is_not_sent(send: RequestsSend, value: str) -> None:
    with ScriptedServer(ok()) as server, pytest.raises(InvalidInput) as caught:
        send(Request(method="GET", url=server.url, headers={"Authorization": value}))
    assert server.requests == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "turn", [then_close(b""), ok(b"x" * 200_000), b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: a"]
)
def test_no_error_shows_the_query_or_a_header(send: RequestsSend, turn: Turn | bytes) -> None:
    with ScriptedServer(turn) as server, pytest.raises(JackfieldError) as caught:
        send(get(server, deadline=0.5))
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told
    assert SECRET not in told
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_even_a_traceback_with_local_values_shows_no_header(send: RequestsSend) -> None:
    with ScriptedServer(then_close(b"")) as server, pytest.raises(JackfieldError) as caught:
        send(get(server))
    with_values = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SECRET not in "".join(with_values.format())


def test_a_bundle_of_authorities_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="CA"):
        RequestsSend(ca=tmp_path / "missing.pem")


def test_a_bundle_with_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="CA"):
        RequestsSend(ca=Path("x" * 300))


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy", ""])
def test_a_proxy_of_another_kind_is_refused(proxy: str) -> None:
    with pytest.raises(InvalidInput, match="proxy"):
        RequestsSend(proxy=proxy)


def test_odd_bytes_for_an_answer_raise_only_our_errors(send: RequestsSend) -> None:
    dice = random.Random(20260101)
    valid = ok(b'{"a":1}', b"X-One: 1")
    script = [then_close(_scrambled(dice, valid)) for _ in range(300)]
    with ScriptedServer(*script) as server:
        outcomes = [_outcome(send, get(server)) for _ in script]
    assert set(outcomes) == {"answer", "unknown"}


def _outcome(send: RequestsSend, request: Request) -> str:
    try:
        send(request)
    except OutcomeUnknown:
        return "unknown"
    return "answer"


def _scrambled(dice: random.Random, answer: Sequence[int]) -> bytes:
    scrambled = bytearray(answer)
    for _ in range(dice.randint(0, 3)):
        scrambled[dice.randrange(len(scrambled))] = dice.randrange(256)
    return bytes(scrambled[: dice.randint(1, len(scrambled)) if dice.random() < 0.2 else None])
