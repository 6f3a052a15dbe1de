"""Dialing: what is sent and heard on a socket, and how it ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.utils import accept_key

from jackfield.adapters.genesys.stream import wire
from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.sockets import Socket, SocketClosed
from tests.unit.genesys.stream.servers import SECRET, Talk, answering, echo, ended, handshake, opened


def says(message: str | bytes | list[str]) -> Talk:
    def talk(connection: ServerConnection) -> None:
        connection.send(message)
        connection.recv()

    return talk


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
