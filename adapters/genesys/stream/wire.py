"""An open WebSocket on a connection of ours: frames by the `websockets` library, reading on the caller's
thread.

The library's own connections have a thread each that reads for them: with the one that takes what was read
these would be two a socket, and every piece would wait for a change of threads.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock
from typing import Final

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from jackfield.adapters.genesys.stream.opening import hang_up
from jackfield.adapters.sockets import SocketClosed

_READ_BYTES: Final = 65_536
_LATER: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_SENDING_S: Final = 5.0
"""How long a frame may wait for a server that does not read."""
_GOODBYE_S: Final = 0.5
"""How long the server has to close the connection when we are done."""
_ABNORMAL: Final = 1_006
_NO_CODE: Final = 1_005


class WireSocket:
    """A `Socket` over a connection whose handshake is done; nothing blocks under its locks but sending.

    A frame that is no UTF-8 is given as bytes, as a binary one is. No pings are sent: the platform's
    heartbeats tell more, that it still streams.
    """

    def __init__(
        self, connection: socket.socket, protocol: ClientProtocol, events: Iterable[Event] = ()
    ) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._protocol = protocol
        self._arrived = deque[str | bytes]()
        self._parts = bytearray()
        self._opcode = Opcode.TEXT
        self._closed: int | None = None
        self._left = False
        self._io = Lock()  # TLS is not for two threads at once, nor is the protocol's state
        self._reading = Lock()  # who closes lets the file go only when nobody waits on it
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection, selectors.EVENT_READ)
        self._take(events)
        self._answer()  # to what came right behind the handshake

    def send(self, text: str) -> None:
        """Send a text frame; a server that does not take it within 5 s is gone."""
        with self._io:
            if self._closed is not None:
                raise SocketClosed(self._closed)
            try:
                self._protocol.send_text(text.encode())
            except InvalidState:
                raise SocketClosed(self._code()) from None
            self._flush()

    def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message by *timeout* seconds; read on this thread."""
        if self._arrived and not self._left:
            return self._arrived.popleft()
        until = None if timeout is None else time.monotonic() + timeout
        with self._reading:
            while not self._arrived or self._left:
                if self._closed is not None:
                    raise SocketClosed(self._closed)
                if not self._read():
                    self._wait(until)
        return self._arrived.popleft()

    def close(self, code: int = 1000) -> None:
        """Say goodbye, and close when the server does, or half a second later."""
        with self._io:
            if self._left:
                return
            self._left, self._closed = True, code if self._closed is None else self._closed
            with suppress(InvalidState, SocketClosed):
                self._protocol.send_close(code)
                self._flush()
            with suppress(OSError):
                socket.socket.shutdown(self._connection, socket.SHUT_WR)
        self._leave(time.monotonic() + _GOODBYE_S)

    def _leave(self, until: float) -> None:
        """Wait for the server's goodbye, here or where somebody is reading, and let the connection go."""
        if not self._reading.acquire(timeout=_GOODBYE_S):
            with suppress(OSError):
                socket.socket.shutdown(self._connection, socket.SHUT_RD)  # wakes who waits
            self._reading.acquire()
        try:
            self._drain(until)
            self._selector.close()
            hang_up(self._connection)
        finally:
            self._reading.release()

    def _read(self) -> bool:
        """Take what is there; say whether something was."""
        with self._io:
            try:
                data = self._connection.recv(_READ_BYTES)
            except _LATER:
                return False
            except OSError:
                data = b""
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            self._take(self._protocol.events_received())
            self._answer()
        return True

    def _answer(self) -> None:
        """Send what the protocol answers by itself, and see whether this was the end."""
        with suppress(SocketClosed):
            self._flush()
        if self._protocol.close_rcvd or self._protocol.close_sent or self._protocol.parser_exc:
            self._closed = self._code() if self._closed is None else self._closed

    def _code(self) -> int:
        ended = self._protocol.close_rcvd or self._protocol.close_sent
        return _ABNORMAL if ended is None or ended.code == _NO_CODE else int(ended.code)

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Frame):
                if event.opcode is Opcode.TEXT and event.fin:
                    self._arrived.append(_text(event.data))
                else:
                    self._join(event)

    def _join(self, frame: Frame) -> None:
        """Take a frame that is a part of a message, or binary; the protocol sees to their order."""
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.BINARY:
            self._opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        self._parts += frame.data
        if frame.fin:
            whole, self._parts = self._parts, bytearray()
            self._arrived.append(bytes(whole) if self._opcode is Opcode.BINARY else _text(whole))

    def _flush(self) -> None:
        until = time.monotonic() + _SENDING_S
        data = b"".join(self._protocol.data_to_send())
        while data:
            try:
                data = data[self._connection.send(data) :]
            except _LATER:
                self._wait_to_send(until)
            except OSError:
                self._break()

    def _wait_to_send(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            self._break()
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_WRITE)
            selector.select(left)

    def _break(self) -> None:
        self._closed = _ABNORMAL if self._closed is None else self._closed
        raise SocketClosed(self._closed) from None

    def _wait(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._selector.select(left)

    def _drain(self, until: float) -> None:
        with suppress(OSError, ValueError):
            while time.monotonic() < until:
                try:
                    if not self._connection.recv(_READ_BYTES):
                        return
                except _LATER:
                    self._selector.select(max(0.0, until - time.monotonic()))


def _text(data: bytes | bytearray | memoryview) -> str | bytes:
    whole = bytes(data)
    try:
        return whole.decode()
    except UnicodeDecodeError:
        return whole
