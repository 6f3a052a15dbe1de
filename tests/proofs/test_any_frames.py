"""F1 for the stream: whatever a server sends, as frames or as bytes on the socket, only our errors come."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, cast

import pytest
from websockets.frames import Opcode
from websockets.server import ServerProtocol

from jackfield.adapters.genesys.stream.dialing import WebSocketDial
from jackfield.adapters.genesys.stream.frames import Quiet, read
from jackfield.adapters.sockets import Handshake, HandshakeRefused, SocketClosed
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.events import (
    Chunk,
    Completed,
    Failed,
    Interrupted,
    StreamEvent,
    Usage,
)
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.errors import JackfieldError
from tests.proofs.sizes import sized

FRAMES: Final = sized(4_000, full=20_000)
CONNECTIONS: Final = sized(60, full=1_000)
OPCODES: Final = (Opcode.TEXT, Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.CLOSE)
GOOD: Final[tuple[dict[str, Any], ...]] = (
    {"type": "aiResponseChunk", "data": {"conversationId": "conv-1", "sequence": 3, "content": "Grüß 😀"}},
    {
        "type": "aiResponseComplete",
        "data": {
            "conversationId": "conv-1",
            "sequence": 4,
            "usage": {"promptTokens": 3, "completionTokens": 5},
            "safetyPolicyTriggered": False,
        },
    },
    {"type": "error", "data": {"conversationId": "conv-1", "code": "not.found", "message": "gone"}},
    {"type": "heartbeat"},
)
JUNK: Final[tuple[Any, ...]] = (
    *(None, True, False, -1, 1.5, 2**63, 2**64, 1e308, "", "\x00", "conv-1", [], [[]], {}, {"a": {}}),
    *("x" * 10_000, ["data"] * 100, {"type": "error"}, "\ud800", float("nan"), -0.0, "9" * 400),
)


def planted(dice: random.Random, value: Any) -> Any:
    """Return the value with junk somewhere in it, or without a field, or with one more."""
    if not isinstance(value, dict) or dice.random() < 0.15:
        return dice.choice(JUNK)
    changed: dict[str, Any] = dict(cast("dict[str, Any]", value))
    name = dice.choice([*changed, "more"])
    if name in changed and dice.random() < 0.3:
        del changed[name]
    else:
        changed[name] = planted(dice, changed.get(name))
    return changed


def scratched(dice: random.Random, data: bytes) -> bytes:
    """Return the bytes with some of them changed, removed or doubled."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(changed) + 1)
        changed[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    return bytes(changed)


def frame(dice: random.Random) -> str | bytes:
    good = dice.choice(GOOD)
    data = json.dumps(planted(dice, good) if dice.random() < 0.6 else good).encode()
    if dice.random() < 0.4:
        data = scratched(dice, data)
    if dice.random() < 0.05:
        data = b"[" * dice.randint(1, 100_000)
    with suppress(UnicodeDecodeError):
        return data.decode() if dice.random() < 0.7 else data
    return data


def is_sound(event: StreamEvent) -> bool:
    """Say whether an event holds what its types promise."""
    match event:
        case Chunk(sequence, content):
            return (sequence is None or (type(sequence) is int and sequence >= 0)) and type(content) is str
        case Completed(sequence, usage, safety):
            known = usage is None or min(usage.prompt_tokens, usage.completion_tokens) >= 0
            return (sequence is None or sequence >= 0) and known and type(safety) is bool
        case Failed(code, detail):
            return 0 < len(code) <= 80 and "gone" not in detail
        case Interrupted():
            return False


def test_any_frame_is_an_event_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    counter, kinds, unsound = UpperEstimate(), Counter[str](), list[Any]()
    for number in range(FRAMES):
        message = frame(random.Random(f"frame {number}"))
        said = read(message)
        kinds[said.value if isinstance(said, Quiet) else type(said[1]).__name__] += 1
        if not isinstance(said, Quiet):
            assembler = Assembler(Meter(100, counter.count, counter.worst), 100)
            assembler.feed(said[1])
            unsound += [] if type(said[0]) is str and is_sound(said[1]) else [message]
    with capsys.disabled():
        print(f"\nF1: frames: {FRAMES} read, 0 escaped, {len(unsound)} unsound: {dict(kinds)}")
    assert unsound == []
    assert min(kinds[kind] for kind in ("malformed", "unknown", "Chunk", "Completed", "Failed")) > 0


def test_an_event_that_is_not_sound_is_found() -> None:
    odd: Any = "3"
    assert not is_sound(Chunk(odd, "text"))
    assert not is_sound(Completed(None, Usage(-1, 2)))


@contextmanager
def serving(behind: Callable[[random.Random], bytes]) -> Generator[str]:
    """A server that shakes hands, and then sends bytes that a seed decides, and hangs up."""
    numbers = iter(range(10**9))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        answer(connection, behind(random.Random(f"socket {next(numbers)}")))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/api/v2/conversations"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def answer(connection: socket.socket, behind: bytes) -> None:
    protocol = ServerProtocol()
    protocol.receive_data(connection.recv(65_536))
    (request,) = protocol.events_received()
    protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]  # the first event is the request
    connection.sendall(b"".join(protocol.data_to_send()) + behind)
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(2)
    while connection.recv(65_536):
        pass


def framed(opcode: Opcode, body: bytes, *, fin: bool) -> bytes:
    """Return a frame as a server sends it (RFC 6455 §5.2), also one that no server may send."""
    first, size = opcode | (0x80 if fin else 0), len(body)
    if size < 126:
        return struct.pack("!BB", first, size) + body
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + body
    return struct.pack("!BBQ", first, 127, size) + body


def odd_bytes(dice: random.Random) -> bytes:
    """Frames of every kind, whole and in parts, some of them scratched."""
    sent = b""
    for _ in range(dice.randint(1, 6)):
        data = frame(dice)
        body = data.encode() if isinstance(data, str) else data
        opcode = dice.choice(OPCODES)
        whole = framed(opcode, body, fin=dice.random() < 0.8)
        sent += scratched(dice, whole) if dice.random() < 0.3 else whole
    return sent


def test_any_bytes_on_a_socket_are_frames_or_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    dial, told, ends = WebSocketDial(), 0, Counter[int]()
    with serving(odd_bytes) as url:
        for _ in range(CONNECTIONS):
            opened = dial(Handshake(url=url))
            try:
                while True:
                    read(opened.receive(5))
                    told += 1
            except SocketClosed as closed:
                ends[closed.code] += 1
            opened.close()
    with capsys.disabled():
        print(f"\nF1: sockets: {CONNECTIONS} of odd bytes, {told} messages, ends {dict(ends)}")
    assert ends.total() == CONNECTIONS
    assert {1002, 1006} <= set(ends)


def test_any_answer_to_a_handshake_is_one_of_our_errors() -> None:
    accepted = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}"
    dial, ends = WebSocketDial(), Counter[str]()

    def handshake(connection: socket.socket, dice: random.Random) -> None:
        connection.recv(65_536)
        said = dice.choice((accepted, refused, b"\x00" * 99, b""))
        connection.sendall(said if dice.random() < 0.3 else scratched(dice, said))

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                for number in range(10**9):
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        handshake(connection, random.Random(f"handshake {number}"))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        for _ in range(CONNECTIONS):
            try:
                dial(Handshake(url=url, timeout=timedelta(seconds=5))).close()
            except (JackfieldError, HandshakeRefused) as error:
                ends[type(error).__name__] += 1
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert set(ends) == {"Unavailable", "HandshakeRefused"}
    assert ends.total() == CONNECTIONS
