"""What only a socket can show: a port that refuses, a reset, a bomb's size; and the control endpoint."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Faults, Platform, SimulatorServer

FAULTS = "/_simulator/faults"


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform, faults=Faults(seed=7)) as running:
        yield running


def call(server: SimulatorServer, method: str, path: str, document: object = None) -> tuple[int, Any]:
    body = None if document is None else orjson.dumps(document)
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=10)) as connection:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())


def _closed(server: SimulatorServer, seconds: float) -> None:
    """Let the port close for so long."""
    server.faults.next("GET", "**", "refused", seconds=seconds)
    with pytest.raises(ConnectionResetError):
        call(server, "GET", "/")


def test_the_port_refuses_for_a_while(server: SimulatorServer) -> None:
    _closed(server, 60)
    with pytest.raises(ConnectionRefusedError):
        call(server, "GET", "/")


def test_the_port_answers_after_a_while(server: SimulatorServer) -> None:
    _closed(server, 0.05)
    _wait_for(server)
    assert call(server, "GET", "/")[0] == 401


def test_a_port_that_somebody_else_took_meanwhile_is_waited_for(server: SimulatorServer) -> None:
    with _taken(server):
        threading.Event().wait(0.5)  # it tries to listen again
    _wait_for(server)
    assert call(server, "GET", "/")[0] == 401


def _taken(server: SimulatorServer) -> socket.socket:
    """Listen in its place while its port is closed; a busy machine may be too late for once."""
    at = urlsplit(server.url)
    for _ in range(20):
        _wait_for(server)
        _closed(server, 0.3)
        other = socket.socket()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind((at.hostname, at.port))
            other.listen()
        except OSError:
            other.close()
        else:
            return other
    raise AssertionError("the port was never free")


def _wait_for(server: SimulatorServer) -> None:
    until = time.monotonic() + 60
    while _refuses(server) and time.monotonic() < until:
        threading.Event().wait(0.02)


def _refuses(server: SimulatorServer) -> bool:
    at = urlsplit(server.url)
    with socket.socket() as probe:
        return probe.connect_ex((at.hostname, at.port)) != 0


def test_other_connections_are_reset_when_the_port_closes(server: SimulatorServer) -> None:
    server.faults.next("GET", "/closes", "refused", seconds=0.05)
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=10)) as standing:
        standing.request("GET", "/")
        standing.getresponse().read()
        with pytest.raises(ConnectionResetError):
            call(server, "GET", "/closes")
        with pytest.raises(ConnectionError):
            _again(standing)


def _again(standing: HTTPConnection) -> None:
    standing.request("GET", "/")
    standing.getresponse()


def test_a_server_stops_while_its_port_is_closed() -> None:
    with SimulatorServer(Platform(clock=FrozenClock())) as server:
        server.faults.next("GET", "**", "refused", seconds=60)
        with pytest.raises(ConnectionResetError):
            call(server, "GET", "/")
    assert _refuses(server)


def test_a_server_stops_while_a_body_drips() -> None:
    with SimulatorServer(Platform(clock=FrozenClock())) as server:
        server.faults.next("GET", "**", "drip", seconds=60)
        connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read(1) == b"{"
    connection.close()


def test_a_bomb_unpacks_to_a_thousand_times_its_size(server: SimulatorServer) -> None:
    server.faults.next("GET", "**", "bomb")
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=10)) as connection:
        connection.request("GET", "/")
        packed = connection.getresponse().read()
    assert (len(packed) < 250_000, len(gzip.decompress(packed))) == (True, 200_000_000)


def test_a_reset_says_nothing_on_the_terminal(
    server: SimulatorServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for kind in ("drop", "truncated", "drop-after"):
        server.faults.next("GET", "**", kind)
        with pytest.raises(Exception, match=r"reset|IncompleteRead|Remote end"):
            call(server, "GET", "/")
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def test_faults_are_set_listed_and_cleared_over_http(server: SimulatorServer) -> None:
    rule = {"kind": "429", "seconds": 58.0, "on": "GET /x", "rate": None, "times": 2, "after": 0}
    asked = {"kind": "429", "seconds": 58, "on": "GET /x", "times": 2}
    assert call(server, "POST", FAULTS, asked) == (200, {"seed": 7, "faults": [rule], "injected": {}})
    assert call(server, "GET", "/x")[0] == 429
    assert call(server, "GET", FAULTS)[1] == {
        "seed": 7,
        "faults": [{**rule, "times": 1}],
        "injected": {"429": 1},
    }
    assert call(server, "DELETE", FAULTS)[1] == {"seed": 7, "faults": [], "injected": {}}
    assert call(server, "GET", "/x")[0] == 401


def test_a_random_fault_is_set_over_http(server: SimulatorServer) -> None:
    call(server, "POST", FAULTS, {"kind": "503", "rate": 1})
    assert call(server, "GET", "/x")[0] == 503


def test_the_simulators_own_endpoints_meet_no_fault(server: SimulatorServer) -> None:
    server.faults.randomly("drop", 1)
    assert call(server, "GET", FAULTS)[0] == 200


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (None, 'a fault is {"kind"'),
        ([], "fault"),
        ({}, 'a fault is {"kind"'),
        ({"kind": "429"}, '"rate": 0..1 or "times": n'),
        ({"kind": "429", "rate": 1, "times": 1}, '"rate": 0..1 or "times": n'),
        ({"kind": "429", "times": 0}, "a number of calls is 1 to 1000000, not 0"),
        ({"kind": "429", "times": "2"}, "times"),
        ({"kind": "flood", "times": 1}, "choose of 429, 500"),
        ({"kind": "429", "times": 1, "route": "/"}, "route"),
        ({"kind": "429", "times": 1, "on": "FETCH /"}, "'FETCH' is no method"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(
    server: SimulatorServer, document: object, wrong: str
) -> None:
    status, refused = call(server, "POST", FAULTS, document)
    assert (status, wrong in refused["message"]) == (400, True)
