"""Clients that are slow, rude, many, or speak no HTTP: the service goes on."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from jackfield.entrypoints.service.bodies import LARGEST_BODY
from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import Served, answered, request, served, until

SETTINGS = "[service]\nbody_s = 1\nheaders_s = 1\n"
MANY = 1_000
CHOOSE = "/v1/prompts/refund/choose"


@pytest.fixture(params=NAMES, scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """One service for all of them: each finds what the others left of it, which must be all."""
    with served(tmp_path_factory.mktemp("served"), "--server", request.param, settings=SETTINGS) as service:
        yield service
        assert service.ask("GET", "/healthz") == (200, {"status": "ok"})
        assert service.end() == 0
        assert "Traceback" not in service.told


def _begun(found: Served, length: int = 100, sent: bytes = b"{") -> socket.socket:
    """A request whose body does not come."""
    line = found.connect()
    head = request(
        "POST", CHOOSE, headers={"content-type": "application/json", "content-length": str(length)}
    )
    line.sendall(head + sent)
    return line


def test_a_body_that_does_not_come_is_given_up(found: Served) -> None:
    with _begun(found) as line:
        head = line.recv(65_536)
    assert head == b"" or head.startswith(b"HTTP/1.1 408")


def test_slow_bodies_hold_up_nobody_else(found: Served) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(_begun(found))
        assert found.ask("GET", "/v1/prompts")[0] == 200


@pytest.mark.parametrize("server", NAMES)
def test_a_body_that_drips_is_given_up(tmp_path: Path, server: str) -> None:
    with served(tmp_path, "--server", server, settings=SETTINGS) as found, _begun(found, 10_000) as line:
        ended = _dripping(line, b" ")
    assert ended.startswith(b"HTTP/1.1 408" if server == "granian" else b"")


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize(
    ("begun", "drop"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"x"),
        (b"", b"\r\n"),
        (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGE", b"T"),
        (
            request("POST", CHOOSE, headers={"transfer-encoding": "chunked", "connection": "keep-alive"}),
            b"1\r\n \r\n",
        ),
    ],
    ids=["head", "blank lines", "second head", "chunks"],
)
def test_what_drips_is_cut_off(tmp_path: Path, server: str, begun: bytes, drop: bytes) -> None:
    with served(tmp_path, "--server", server, settings=SETTINGS) as found, found.connect() as line:
        line.sendall(begun)
        _dripping(line, drop)
        alive = found.ask("GET", "/healthz")[0]
    assert alive == 200


@pytest.mark.parametrize("server", NAMES)
def test_who_is_quick_again_and_again_is_not_cut_off(tmp_path: Path, server: str) -> None:
    whole = request("POST", CHOOSE, b'{"unit": "x"}', {"connection": "keep-alive"})
    heads = list[bytes]()
    with served(tmp_path, "--server", server, settings=SETTINGS) as found, found.connect() as line:
        for _ in range(5):
            line.sendall(whole[:60])
            time.sleep(0.6)
            line.sendall(whole[60:])
            heads.append(_one_answer(line)[:12])
    assert heads == [b"HTTP/1.1 404"] * 5


def _one_answer(line: socket.socket) -> bytes:
    said = line.recv(65_536)
    while not said.endswith(b"}"):
        said += line.recv(65_536)
    return said


def _heard(line: socket.socket) -> bytes:
    """All that comes until the line is closed, which shows in several ways."""
    said = b""
    with suppress(ConnectionError):
        while chunk := line.recv(65_536):
            said += chunk
    return said


def _dripping(line: socket.socket, drop: bytes) -> bytes:
    """Send a drop every tenth of a second until the line is closed; return what it said."""
    with ThreadPoolExecutor(1) as threads:
        heard = threads.submit(_heard, line)
        until(lambda: _dripped(line, drop) or heard.done())
        return heard.result()


def _dripped(line: socket.socket, drop: bytes) -> bool:
    """Send one more; say whether the line is gone."""
    time.sleep(0.1)
    try:
        line.sendall(drop)
    except OSError:
        return True
    return False


@pytest.mark.parametrize("server", NAMES)
def test_who_never_ends_a_request_does_not_keep_the_service_from_ending(tmp_path: Path, server: str) -> None:
    settings = "[service]\nbody_s = 30\ngrace_s = 4\n"
    with served(tmp_path, "--server", server, settings=settings) as found, _begun(found):
        assert found.ask("GET", "/healthz")[0] == 200
        assert found.end() == 0
    assert "Traceback" not in found.told


def test_headers_that_do_not_come_are_given_up(found: Served) -> None:
    with found.connect() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0")
        assert line.recv(1_000)[:12] in (b"", b"HTTP/1.1 408", b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00",
        b"no http at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 500_000 + b"\r\n\r\n",
    ],
    ids=["tls", "garbage", "header", "two lengths", "negative", "chunks", "huge header"],
)
def test_what_is_no_request_is_refused(found: Served, said: bytes) -> None:
    with found.connect() as line:
        try:
            line.sendall(said)
            line.shutdown(socket.SHUT_WR)
            head = line.recv(1_000)
        except OSError:  # it was closed in the middle, which shows in several ways
            head = b""
    assert head[:10] in (b"", b"HTTP/1.1 4", b"HTTP/1.0 4"), head


def test_a_body_that_is_too_large_is_refused(found: Served) -> None:
    body = b"{}" + b" " * (LARGEST_BODY - 1)
    with found.connect() as line:
        line.sendall(
            request(
                "POST", CHOOSE, headers={"content-length": str(len(body)), "content-type": "application/json"}
            )
        )
        status, _ = answered(line)
    assert status == 413


def test_the_largest_body_is_taken(found: Served) -> None:
    body = b'{"unit": "x"}' + b" " * (LARGEST_BODY - 13)
    with found.connect() as line:
        line.sendall(request("POST", CHOOSE, body))
        assert answered(line)[0] == 404


def test_who_leaves_in_the_middle_harms_nobody(found: Served) -> None:
    for cut in (10, 60, 120):
        with found.connect() as line:
            line.sendall(request("POST", CHOOSE, b'{"unit": "x"}')[:cut])


def test_a_thousand_connections_are_answered(found: Served) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * MANY:
        pytest.skip(f"{hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * MANY)), hard))
    with ExitStack() as stack:
        lines = [stack.enter_context(found.connect()) for _ in range(MANY)]
        for line in lines:
            line.sendall(request("GET", "/healthz"))
        statuses = [answered(line)[0] for line in lines]
    assert {status: statuses.count(status) for status in statuses} == {200: MANY}
