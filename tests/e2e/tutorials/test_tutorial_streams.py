"""T2's stream, byte for byte: its handshake, its frame with the mask that it had, and what it is answered.

It was recorded from T2's code (ws 8.23 on Node 20) through a proxy, with its base URL changed; the platform's
clock stands still but for one step past the answer's end, and its seed is 0.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform, SimulatorServer
from tests.e2e.tutorials.test_tutorial_programs import OF_THE_MOMENT, answer, on_the_wire, recorded

GOLDENS: Final = Path(__file__).parent / "goldens"
OPENING: Final = GOLDENS / "t2_prompt_injector_axios.http"
STREAM: Final = GOLDENS / "t2_prompt_injector_ws.stream"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def server(clock: FrozenClock) -> Iterator[SimulatorServer]:
    with SimulatorServer(Platform(clock=clock)) as running:
        for exchange in recorded(OPENING):
            answer(running, exchange.request)
        yield running


def test_the_stream_of_t2_is_served_to_the_byte(server: SimulatorServer, clock: FrozenClock) -> None:
    _, handshake, frames = STREAM.read_bytes().split(b"===== ")
    asked, expected = (on_the_wire(each) for each in handshake.partition(b"\n")[2].split(b"\n-----\n"))
    lines = frames.splitlines()[1:]
    at = urlsplit(server.url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        connection.sendall(asked)
        with connection.makefile("rb") as stream:
            assert head(stream) + b"\n" == expected
            clock.advance(timedelta(seconds=20))  # past the answer's end
            for line in lines:
                if line.startswith(b"> "):
                    connection.sendall(from_the_client(line))
                else:
                    assert stream.read(len(from_the_server(line))) == from_the_server(line)


def head(stream: BinaryIO) -> bytes:
    lines = iter(stream.readline, b"\r\n")
    return b"".join(line for line in lines if not line.lower().startswith(OF_THE_MOMENT)) + b"\r\n"


def from_the_client(line: bytes) -> bytes:
    _, mask, text = line.split(b" ", 2)
    key = bytes.fromhex(mask.decode())
    masked = bytes(byte ^ key[at % 4] for at, byte in enumerate(text))
    return struct.pack("!BB", 0x81, 0x80 | len(text)) + key + masked


def from_the_server(line: bytes) -> bytes:
    text = line[2:]
    size = struct.pack("!B", len(text)) if len(text) < 126 else struct.pack("!BH", 126, len(text))
    return b"\x81" + size + text
