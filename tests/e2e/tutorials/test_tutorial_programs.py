"""The tutorials' own programs, byte for byte as they speak, and the simulator's whole answers.

The requests were recorded from T0 (Go 1.27, net/http) and from both variants of T1's code (axios 1.21 on
Node 20), each with its base URL changed; the platform's clock stands still and its seed is 0. Of T1 its
calls for metrics, export and audit were recorded later, made by the same axios with the program's clock at
the platform's; the conversations that they tell of are asked of the simulator in between. T2's conversation
was recorded from its code's calls by axios; its stream is in `test_tutorial_streams.py`. T3's program (Go
1.27, net/http) ran whole, with the clock of its last query at the platform's; behind it its functions were
called again, once in vain, and the simulator was asked to let the customer hang up. T4's calls of
the platform (Go 1.27, net/http) were made by its functions; the token's form, which it makes and does not use
(so that it does not compile), was sent.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform, SimulatorServer

GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.http"))
OF_THE_MOMENT = (b"date:", b"server:")


@frozen
class Exchange:
    """What a program sends, and what it is answered without the headers of the moment."""

    name: str
    request: bytes
    response: bytes


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(Platform(clock=FrozenClock())) as running:
        yield running


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_a_tutorials_program_is_served_to_the_byte(golden: Path, server: SimulatorServer) -> None:
    expected = list(recorded(golden))

    actual = [Exchange(e.name, e.request, answer(server, e.request)) for e in expected]

    assert actual == expected


def test_every_program_has_its_recording() -> None:
    assert [path.stem for path in GOLDENS] == [
        "t0_prompt_versions_go",
        "t1_genesys_auth_axios",
        "t1_prompt_manager_axios",
        "t2_prompt_injector_axios",
        "t3_session_manager_go",
        "t4_agent_assist_go",
    ]


def recorded(golden: Path) -> Iterator[Exchange]:
    """Read a golden: blocks begin with `=====`, `-----` parts the request from its response."""
    for block in golden.read_bytes().split(b"===== ")[1:]:
        name, _, exchange = block.partition(b"\n")
        request, _, response = exchange.partition(b"\n-----\n")
        yield Exchange(name.decode(), on_the_wire(request), on_the_wire(response[:-1]))


def on_the_wire(message: bytes) -> bytes:
    head, _, body = message.partition(b"\n\n")
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def answer(server: SimulatorServer, request: bytes) -> bytes:
    at = urlsplit(server.url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            return response_from(stream)


def response_from(stream: BinaryIO) -> bytes:
    lines = list(iter(stream.readline, b"\r\n"))
    length = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:"))
    lasting = [line for line in lines if not line.lower().startswith(OF_THE_MOMENT)]
    return b"".join(lasting) + b"\r\n" + stream.read(length)
