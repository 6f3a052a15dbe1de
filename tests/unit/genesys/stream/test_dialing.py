"""Sockets of ours against servers of the `websockets` library, and against servers that are none."""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve
from websockets.utils import accept_key

from jackfield.adapters.genesys.stream import wire
from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket, SocketClosed
from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable

SECRET = "secret-9c1d"
Talk = Callable[[ServerConnection], object]


@contextmanager
def talking(talk: Talk, **options: object) -> Generator[str]:
    """A server that talks so with whoever comes."""

    def handler(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            talk(connection)

    with serve(handler, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]  # of any server
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        yield f"{'wss' if 'ssl' in options else 'ws'}://127.0.0.1:{port}/api/v2/conversations"
        server.shutdown()
    thread.join(10)


@contextmanager
def opened(talk: Talk, **options: object) -> Generator[Socket]:
    with talking(talk, **options) as url:
        socket_ = WebSocketDial()(handshake(url))
        yield socket_
        socket_.close()


def handshake(url: str, seconds: float = 5) -> Handshake:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Handshake(url=url, headers=headers, timeout=timedelta(seconds=seconds))


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def says(message: str | bytes | list[str]) -> Talk:
    def talk(connection: ServerConnection) -> None:
        connection.send(message)
        connection.recv()

    return talk


def ended(socket_: Socket) -> int:
    with pytest.raises(SocketClosed) as closed:
        socket_.receive(5)
    return closed.value.code


def test_what_is_sent_comes_back() -> None:
    with opened(echo) as socket_:
        socket_.send("Grüß 😀")
        assert socket_.receive(5) == "Grüß 😀"


def test_the_token_goes_with_the_handshake_and_nothing_is_compressed() -> None:
    def told(connection: ServerConnection) -> None:
        assert connection.request is not None
        headers = connection.request.headers
        connection.send(f"{headers['Authorization']} {headers.get('Sec-WebSocket-Extensions')}")

    with opened(told) as socket_:
        assert socket_.receive(5) == f"Bearer {SECRET} None"


def test_nothing_in_time_is_a_timeout() -> None:
    with opened(echo) as socket_, pytest.raises(TimeoutError):
        socket_.receive(0.01)


def test_a_message_in_parts_is_one() -> None:
    with opened(says(["a", "b", "", "c"])) as socket_:
        assert socket_.receive(5) == "abc"


def test_a_binary_frame_is_given_as_bytes() -> None:
    with opened(says(b"\x00\xff")) as socket_:
        assert socket_.receive(5) == b"\x00\xff"


def test_a_text_that_is_no_text_is_given_as_bytes_and_the_socket_stays() -> None:
    def garbled(connection: ServerConnection) -> None:
        connection.send(b"\xff\xfe", text=True)
        says("then")(connection)

    with opened(garbled) as socket_:
        assert (socket_.receive(5), socket_.receive(5)) == (b"\xff\xfe", "then")


def test_a_ping_is_answered() -> None:
    def pinging(connection: ServerConnection) -> None:
        pong = connection.ping()
        connection.send("answered" if pong.wait(5) else "not answered")

    with opened(pinging) as socket_:
        assert socket_.receive(5) == "answered"


def test_a_message_of_a_mebibyte_is_heard() -> None:
    with opened(says("x" * (1 << 20))) as socket_:
        assert len(socket_.receive(5)) == 1 << 20


def test_a_larger_message_ends_the_socket() -> None:
    with opened(says("x" * ((1 << 20) + 1))) as socket_:
        assert ended(socket_) == 1009


def test_a_larger_message_in_small_parts_ends_the_socket() -> None:
    with opened(says(["x" * 65_536] * 17)) as socket_:
        assert ended(socket_) == 1009


@pytest.mark.parametrize("code", [1000, 1001, 4401])
def test_the_servers_code_is_told_behind_what_it_said(code: int) -> None:
    def leaving(connection: ServerConnection) -> None:
        connection.send("last")
        connection.close(code)

    with opened(leaving) as socket_:
        assert (socket_.receive(5), ended(socket_)) == ("last", code)
        with pytest.raises(SocketClosed):
            socket_.send("too late")


def test_a_connection_that_breaks_is_abnormal() -> None:
    with opened(lambda c: c.socket.shutdown(socket.SHUT_RDWR)) as socket_:
        assert ended(socket_) == 1006


def test_our_goodbye_is_heard_as_one() -> None:
    codes = list[int | None]()

    def listening(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            connection.recv()
        codes.append(connection.close_code)

    with opened(listening) as socket_:
        socket_.close()
        socket_.close()
        assert ended(socket_) == 1000
    assert codes == [1000]


def test_closing_wakes_whoever_receives() -> None:
    codes = list[int]()
    with opened(echo) as socket_:
        thread = threading.Thread(target=lambda: codes.append(ended(socket_)))
        thread.start()
        socket_.close()
        thread.join(10)
    assert codes == [1000]


def test_a_server_that_does_not_say_goodbye_is_not_waited_for_long() -> None:
    done = threading.Event()

    def staying(connection: ServerConnection) -> None:
        connection.send("there")
        done.wait(10)

    with opened(staying) as socket_:
        socket_.receive(5)
        socket_.close()
        assert not done.is_set()
        done.set()


@contextmanager
def deaf() -> Generator[Socket]:
    """A socket to a server that shakes hands and then reads nothing."""
    shaking = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    done = threading.Event()

    def accepting(connection: socket.socket) -> None:
        key = connection.recv(9_999).decode().partition("Sec-WebSocket-Key: ")[2].partition("\r")[0]
        connection.sendall(shaking + accept_key(key).encode() + b"\r\n\r\n")
        done.wait(10)

    with answering(accepting) as port:
        before = threading.active_count()
        socket_ = WebSocketDial()(handshake(f"ws://127.0.0.1:{port}/"))
        assert threading.active_count() == before  # it needs no thread
        yield socket_
        done.set()
        socket_.close()


def _flood(socket_: Socket) -> None:
    for _ in range(100):
        socket_.send("x" * 1_000_000)


def test_a_server_that_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_SENDING_S", 0.05)
    with deaf() as socket_:
        with pytest.raises(SocketClosed) as closed:
            _flood(socket_)
        assert (closed.value.code, ended(socket_)) == (1006, 1006)


def test_closing_does_not_wait_for_a_server_that_says_nothing_while_another_thread_receives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "_GOODBYE_S", 0.05)
    codes = list[int]()
    with deaf() as socket_:
        thread = threading.Thread(target=lambda: codes.append(ended(socket_)))
        thread.start()
        socket_.close()
        thread.join(10)
    assert codes == [1000]


def send_all(socket_: Socket, number: int) -> None:
    for at in range(50):
        socket_.send(f"{number} {at}")


def test_many_threads_send_while_one_receives() -> None:
    heard = set[str | bytes]()
    with opened(echo) as socket_:
        senders = [threading.Thread(target=send_all, args=(socket_, number)) for number in range(8)]
        for each in senders:
            each.start()
        while len(heard) < 400:
            heard.add(socket_.receive(5))
        for each in senders:
            each.join(10)
    assert len(heard) == 400


def refusing(connection: ServerConnection, request: Request) -> Response:
    response = connection.respond(429, '{"code":"too.many"}' + "x" * 100_000)
    response.headers["Retry-After"] = "7"
    return response


def test_a_refused_handshake_tells_status_headers_and_the_start_of_the_body() -> None:
    with talking(echo, process_request=refusing) as url, pytest.raises(HandshakeRefused) as refused:
        WebSocketDial()(handshake(url))
    response = refused.value.response
    assert (response.status, response.headers["retry-after"], len(response.body)) == (429, "7", 64_000)


@contextmanager
def answering(*turns: Callable[[socket.socket], None]) -> Generator[int]:
    """A server that does one thing for each connection; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                for turn in turns:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        turn(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


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
