"""Dialing: handshakes that are refused, redirected or go through a proxy; authorities; and secrets."""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.sockets import HandshakeRefused
from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable
from tests.unit.genesys.stream.servers import SECRET, answering, echo, ended, handshake, opened, talking


def refusing(connection: ServerConnection, request: Request) -> Response:
    response = connection.respond(429, '{"code":"too.many"}' + "x" * 100_000)
    response.headers["Retry-After"] = "7"
    return response


def test_a_refused_handshake_tells_status_headers_and_the_start_of_the_body() -> None:
    with talking(echo, process_request=refusing) as url, pytest.raises(HandshakeRefused) as refused:
        WebSocketDial()(handshake(url))
    response = refused.value.response
    assert (response.status, response.headers["retry-after"], len(response.body)) == (429, "7", 64_000)


def saying(said: bytes) -> Callable[[socket.socket], None]:
    def turn(connection: socket.socket) -> None:
        connection.recv(9_999)
        connection.sendall(said)

    return turn


def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with answering(saying(moved)) as port, pytest.raises(HandshakeRefused) as refused:
        WebSocketDial()(handshake(f"ws://127.0.0.1:{port}/"))
    assert refused.value.response.status == 302


def failure(url: str, dial: WebSocketDial | None = None, seconds: float = 5) -> str:
    with pytest.raises(Unavailable) as error:
        (dial or WebSocketDial())(handshake(url, seconds))
    assert SECRET not in repr(error.value)
    assert error.value.__cause__ is error.value.__context__ is None
    return error.value.message


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"ws://127.0.0.1:{port}/") == "the host cannot be reached"


def test_somebody_who_says_nothing() -> None:
    with answering(lambda c: time.sleep(0.3)) as port:
        assert failure(f"ws://127.0.0.1:{port}/", seconds=0.1) == "no connection in time"


@pytest.mark.parametrize(
    "said", [b"", b"\x00" * 50, b"HTTP/1.1 200", b"SSH-2.0-x\r\n", b"HTTP/1.1 101 x\r\n\r\n"]
)
def test_somebody_who_speaks_no_websocket(said: bytes) -> None:
    with answering(saying(said)) as port:
        assert failure(f"ws://127.0.0.1:{port}/") in {
            "what answered speaks no WebSocket",
            "the host cannot be reached",
        }


@pytest.mark.parametrize("url", ["http://h/", "ws:///x", "ws://h:port/", "ws://h:99999/", "", "wss://[::1/"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        WebSocketDial()(handshake(url))


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "WS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with opened(echo) as socket_:
        socket_.send("straight")
        assert socket_.receive(5) == "straight"


class Proxy:
    """Joins whoever asks to where they want to go, and keeps what they asked."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
        self.asked = b""
        self._answer = answer

    def __call__(self, connection: socket.socket) -> None:
        self.asked = connection.recv(9_999)
        connection.sendall(self._answer)
        if b" 200 " not in self._answer:
            return
        host, port = self.asked.split(b" ")[1].decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as there:
            back = threading.Thread(target=_pass, args=(there, connection))
            back.start()
            _pass(connection, there)
            back.join(10)


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(9_999):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def test_a_given_proxy_is_asked() -> None:
    proxy = Proxy()
    with talking(echo) as url, answering(proxy) as port:
        socket_ = WebSocketDial(proxy=f"http://user:p%40ss@127.0.0.1:{port}")(handshake(url))
        socket_.send("around")
        assert socket_.receive(5) == "around"
        socket_.close()
    where = url.removeprefix("ws://").partition("/")[0]
    assert proxy.asked.startswith(f"CONNECT {where} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in proxy.asked
    assert SECRET.encode() not in proxy.asked


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Who\r\n\r\n", b"", b"nonsense"])
def test_a_proxy_that_refuses(answer: bytes) -> None:
    with answering(Proxy(answer)) as port:
        dial = WebSocketDial(proxy=f"http://127.0.0.1:{port}")
        assert failure("ws://example.invalid/", dial) == "the proxy cannot be reached, or refuses"


@pytest.mark.parametrize("proxy", ["https://proxy", "socks5://proxy", "proxy:80", "http://", "http://h:x"])
def test_a_proxy_of_another_kind_is_refused(proxy: str) -> None:
    with pytest.raises(InvalidInput):
        WebSocketDial(proxy=proxy)


def test_authorities_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        WebSocketDial(ca=tmp_path / "nothing.pem")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
def test_only_the_given_authorities_are_trusted(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with talking(echo, ssl=context) as url:
        socket_ = WebSocketDial(ca=certificate)(handshake(url))
        senders = [threading.Thread(target=socket_.send, args=(str(n) * 1_000,)) for n in range(20)]
        for each in senders:
            each.start()
        heard = {socket_.receive(5) for _ in senders}
        for each in senders:
            each.join(10)
        socket_.close()
        assert ended(socket_) == 1000
        told = failure(url)
    assert (len(heard), "certificate is not trusted" in told) == (20, True)


def _certificate(folder: Path) -> Path:
    file = folder / "own.pem"
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-keyout", str(file), "-out", str(folder / "cert"), "-subj", "/CN=127.0.0.1"]
    extra = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *options, *names, *extra], check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / "cert").read_text())
    return file


def test_a_program_that_logs_everything_sees_neither_token_nor_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with talking(echo) as url:
        for name in ("websockets", "websockets.server"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        socket_ = WebSocketDial()(handshake(url))
        socket_.send("what the customer said")
        socket_.receive(5)
        socket_.close()
    assert "customer" not in caplog.text
    assert SECRET not in caplog.text


def test_a_dial_that_fails_raises_only_ours() -> None:
    with pytest.raises(JackfieldError):
        WebSocketDial()(handshake("ws://host.invalid/"))
