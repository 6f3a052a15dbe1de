"""Servers of WebSockets, of bytes and of nothing, and who dials them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.sockets import Handshake, Socket, SocketClosed

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


def ended(socket_: Socket) -> int:
    with pytest.raises(SocketClosed) as closed:
        socket_.receive(5)
    return closed.value.code


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
