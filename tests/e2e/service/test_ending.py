"""How a service ends: who asks whether it is ready hears of it first, and what is left is said."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import request, served, until
from tests.e2e.service.test_serving import QUESTION, serving
from tests.unit.service.assisted import QUERY


def test_a_hang_up_ends_it_as_any_signal_does(tmp_path: Path) -> None:
    with served(tmp_path) as found:
        assert found.ask("GET", "/healthz")[0] == 200
        assert found.end(signal.SIGHUP) == 0


@pytest.mark.parametrize("server", NAMES)
def test_it_says_that_it_is_not_ready_before_it_takes_nothing_more(tmp_path: Path, server: str) -> None:
    with served(tmp_path, "--server", server, settings="[service]\ndrain_s = 300\n") as found:
        assert found.ask("GET", "/readyz")[0] == 200
        found.process.send_signal(signal.SIGTERM)
        until(lambda: found.ask("GET", "/readyz")[0] == 503)
        others = (found.ask("GET", "/healthz")[0], found.ask("GET", "/v1/prompts")[0])
        code = found.end()  # the second one ends it at once
    assert (others, code) == ((200, 200), 128 + signal.SIGTERM)


@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_is_closed_hangs_up_twice_and_cuts_nothing(
    tmp_path: Path, first: signal.Signals
) -> None:
    with served(tmp_path, settings="[service]\ndrain_s = 300\n") as found:
        assert found.ask("GET", "/readyz")[0] == 200
        found.process.send_signal(first)
        until(lambda: found.ask("GET", "/readyz")[0] == 503)
        found.process.send_signal(signal.SIGHUP)
        alive = [found.ask("GET", "/healthz")[0] for _ in range(3)]
        code = found.end()
    assert (alive, code) == ([200] * 3, 128 + signal.SIGTERM)


@pytest.mark.parametrize("server", NAMES)
def test_what_is_cut_after_the_grace_is_counted(tmp_path: Path, server: str) -> None:
    body = json.dumps(QUESTION).encode()
    settings = "[service]\ngrace_s = 0.1\n"
    with serving(tmp_path, "--server", server, settings=settings) as found, found.connect() as line:
        line.sendall(request("POST", "/v1/ask", body))
        until(lambda: "jackfield_http_requests_active 1.0" in found.ask("GET", "/metrics")[1].decode())
        code = found.end()
    assert code == 5
    assert "cut after grace_s = 0.1 s: requests that were at work: 1" in found.told


@pytest.mark.parametrize("server", NAMES)
def test_what_only_waits_is_counted_too(tmp_path: Path, server: str) -> None:
    waiting = request("POST", "/simulate/recommendations?latency_ms=10000", json.dumps(QUERY).encode())
    settings = "[service]\ngrace_s = 0.1\n"
    with served(tmp_path, "--server", server, settings=settings) as found, found.connect() as line:
        line.sendall(waiting)
        until(lambda: "jackfield_http_requests_active 1.0" in found.ask("GET", "/metrics")[1].decode())
        code = found.end()
    assert code == 5
    assert "cut after grace_s = 0.1 s: requests that were at work: 1" in found.told


def test_what_could_not_be_delivered_is_said(tmp_path: Path) -> None:
    settings = (
        '[service]\nsteps_s = 0\n[[plugins.webhooks.endpoints]]\nname = "hooks"\n'
        'url = "http://127.0.0.1:9/nobody"\n'
    )
    with serving(tmp_path, settings=settings) as found:
        until(lambda: found.ask("GET", "/readyz")[0] == 200)
        code = found.end()
    assert code == 0
    assert "not delivered yet: hooks 1" in found.told


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("path", ["/query", "/healthz", "/simulator/x", "/nothing"])
def test_behind_a_head_comes_the_next_answer(tmp_path: Path, server: str, path: str) -> None:
    with served(tmp_path, "--server", server) as found, found.connect() as line:
        line.sendall(request("HEAD", path, headers={"connection": "keep-alive"}))
        line.sendall(request("GET", "/healthz"))
        said = b""
        while chunk := line.recv(65_536):
            said += chunk
    _, _, behind = said.partition(b"\r\n\r\n")
    assert behind.startswith(b"HTTP/1.1 200")
    assert behind.endswith(b'{"status":"ok"}')
