"""Bodies that do not come: who sends them is answered and cut off, and keeps nobody else from anything."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select

import pytest

from jackfield.entrypoints.service.servers.choosing import NAMES
from jackfield.entrypoints.service.servers.listening import Limits
from tests.e2e.service.served import Served, answered, request, served, until

CHOOSE = "/v1/prompts/refund/choose"
PLACES = ("/v1/sessions/notices", CHOOSE, "/query", "/simulate/recommendations", "/simulator/oauth/token")
MORE_THAN_THREADS = 300
PATIENT = "[service]\nbody_s = 30\n"


def _stalled(found: Served, path: str) -> socket.socket:
    line = found.connect()
    line.sendall(request("POST", path, headers={"content-type": "application/json", "content-length": "99"}))
    line.sendall(b"{")
    return line


@contextmanager
def _many(found: Served, paths: Sequence[str]) -> Generator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(_stalled(found, path)) for path in paths]


def _answered(lines: Sequence[socket.socket]) -> list[socket.socket]:
    return select(lines, [], [], 0)[0]


def _all(line: socket.socket) -> bytes:
    """What comes until the service closes the connection."""
    said = b""
    while chunk := line.recv(65_536):
        said += chunk
    return said


def test_its_connection_is_closed_behind_the_408(tmp_path: Path) -> None:
    with (
        served(tmp_path, "--server", "granian", settings="[service]\nbody_s = 1\n") as found,
        _many(found, PLACES) as lines,
    ):
        heads, _, bodies = zip(*(_all(line).partition(b"\r\n\r\n") for line in lines), strict=True)
    assert {head[:12] for head in heads} == {b"HTTP/1.1 408"}
    assert {json.loads(body)["type"] for body in bodies} == {"urn:jackfield:problem:body-too-slow"}


@pytest.mark.parametrize("server", NAMES)
def test_they_are_no_work(tmp_path: Path, server: str) -> None:
    with (
        served(tmp_path, "--server", server, "--concurrency", "2", settings=PATIENT) as found,
        _many(found, PLACES * 3),
    ):
        statuses = [found.ask("GET", "/v1/prompts")[0] for _ in range(20)]
        metrics = found.ask("GET", "/metrics")[1].decode()
    assert statuses == [200] * 20
    assert "jackfield_http_requests_active 0.0" in metrics


def test_more_of_them_than_threads_leave_some_for_who_sends_none(tmp_path: Path) -> None:
    with served(tmp_path, "--server", "granian", settings=PATIENT) as found:
        with _many(found, [CHOOSE] * MORE_THAN_THREADS) as lines:
            until(lambda: len(_answered(lines)) >= MORE_THAN_THREADS - Limits().readers)
            refused = {_all(line)[:12] for line in _answered(lines)}
            alive = [found.ask("GET", path)[0] for path in ("/healthz", "/readyz", "/v1/prompts")]
            with found.connect() as line:
                line.sendall(request("POST", CHOOSE, b'{"unit": "x"}'))
                status, problem = answered(line)
        until(lambda: found.ask("POST", CHOOSE, {"unit": "x"})[0] == 404)
    assert refused == {b"HTTP/1.1 503"}
    assert alive == [200, 200, 200]
    assert (status, problem["type"]) == (503, "urn:jackfield:problem:bodies")


def test_who_was_cut_off_leaves_the_place_to_others(tmp_path: Path) -> None:
    with (
        served(tmp_path, "--server", "granian", settings="[service]\nbody_s = 2\n") as found,
        _many(found, [CHOOSE] * Limits().readers) as lines,
    ):
        until(lambda: found.ask("POST", CHOOSE, {"unit": "x"})[0] == 404)
        assert {_all(line)[:12] for line in lines} == {b"HTTP/1.1 408"}


@pytest.mark.parametrize("server", NAMES)
def test_the_service_ends_without_them(tmp_path: Path, server: str) -> None:
    settings = "[service]\nbody_s = 600\ngrace_s = 8\n"
    with served(tmp_path, "--server", server, settings=settings) as found, _many(found, PLACES * 15):
        assert found.ask("GET", "/healthz")[0] == 200
        assert found.end() == 0
    assert "Traceback" not in found.told
