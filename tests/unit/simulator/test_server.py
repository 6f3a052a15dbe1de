"""The simulator behind a socket: its answers, its start and end, and its own endpoints."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock, ShiftedClock, SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import FileStore, Platform, SimulatorServer
from jackfield.domain.model.errors import InvalidInput

PROMPTS = "/api/v2/ai/llm/prompts"
BASIC = {"Authorization": "Basic YTpi"}
ASKS = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
GRANT = "/oauth/token?grant_type=client_credentials"


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform) as running:
        yield running


def call(
    server: SimulatorServer,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return response.status, orjson.loads(response.read() or b"null")
    finally:
        connection.close()


def connected(server: SimulatorServer) -> socket.socket:
    at = urlsplit(server.url)
    return socket.create_connection((at.hostname, at.port), timeout=10)


def test_the_platform_answers_over_a_socket(server: SimulatorServer) -> None:
    _, granted = call(server, "POST", GRANT, headers=BASIC)
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    status, page = call(server, "GET", f"{PROMPTS}?pageSize=1", headers=bearer)
    assert (status, page["total"]) == (200, 3)


def test_escapes_in_the_path_reach_the_platform_as_they_were_sent(server: SimulatorServer) -> None:
    _, granted = call(server, "POST", GRANT, headers=BASIC)
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    path = "/api/v2/ai/prompt-templates/a1b2c3d4%2De5f6-7890-abcd-ef1234567890/versions/1%2E0.0"
    assert call(server, "GET", path, headers=bearer)[0] == 200


def test_a_request_may_name_its_whole_url(server: SimulatorServer) -> None:
    assert call(server, "POST", f"http://login.mypurecloud.de{GRANT}", headers=BASIC)[0] == 200


@pytest.mark.parametrize("size", [512_001, 3_000_000])
def test_a_body_that_is_too_large_is_refused_by_the_platform(size: int, server: SimulatorServer) -> None:
    status, document = call(server, "POST", PROMPTS, body=b"x" * size)
    assert (status, document["code"]) == (413, "request.entity.too.large")


def test_an_answer_to_head_has_no_body(server: SimulatorServer) -> None:
    assert call(server, "HEAD", PROMPTS) == (401, None)


def test_a_client_that_hangs_up_is_passed_over_in_silence(
    server: SimulatorServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for sent in (
        b"",
        b"POST /oauth",
        b"POST /oauth/token HTTP/1.1\r\nContent-Length: 90\r\n\r\nhalf",
        b"\0\r\n\r\n",
    ):
        with connected(server) as connection:
            connection.sendall(sent)
    assert call(server, "POST", GRANT, headers=BASIC)[0] == 200
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def test_latency_passes_before_the_answer(platform: Platform) -> None:
    with SimulatorServer(platform, latency=timedelta(hours=1)) as server, connected(server) as connection:
        connection.settimeout(0.1)
        connection.sendall(ASKS)
        with pytest.raises(TimeoutError):
            connection.recv(1)


class CountingPlatform(Platform):
    """Lets a test wait until so many requests came."""

    came: threading.Semaphore

    def send(self, request: Request) -> Response:
        """Count, and answer."""
        self.came.release()
        return super().send(request)


def test_latency_does_not_queue() -> None:
    platform = CountingPlatform(clock=FrozenClock())
    platform.came = threading.Semaphore(0)
    with SimulatorServer(platform, latency=timedelta(hours=1)) as server, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connected(server)).sendall(ASKS)
        assert all(platform.came.acquire(timeout=30) for _ in range(8))


def test_a_port_in_use_names_itself_and_the_remedy(server: SimulatorServer, platform: Platform) -> None:
    port = urlsplit(server.url).port or 0
    with pytest.raises(InvalidInput, match=f"port {port} is in use; choose another port"):
        SimulatorServer(platform, port=port).start()


def test_a_host_that_is_not_this_machines_is_refused(platform: Platform) -> None:
    with pytest.raises(InvalidInput, match="cannot listen on port 0"):
        SimulatorServer(platform, host="192.0.2.1").start()


def test_a_number_that_is_no_port_is_refused(platform: Platform) -> None:
    with pytest.raises(InvalidInput, match="70000 is no port"):
        SimulatorServer(platform, port=70_000)


def test_a_stopped_server_leaves_no_thread(platform: Platform) -> None:
    before = set(threading.enumerate())
    with SimulatorServer(platform) as server:
        call(server, "GET", PROMPTS)
    assert set(threading.enumerate()) <= before


@pytest.mark.timeout(30)  # half of what the library would wait
def test_a_server_stops_while_a_client_holds_its_connection(platform: Platform) -> None:
    with SimulatorServer(platform) as server:
        connection = connected(server)
        connection.sendall(ASKS)
        connection.recv(100)
    connection.close()


def test_a_stopped_server_starts_again_on_its_port(platform: Platform) -> None:
    server = SimulatorServer(platform)
    with server:
        first = server.url
    with server:
        assert (server.url, call(server, "GET", PROMPTS)[0]) == (first, 401)


def test_stopping_twice_is_harmless(platform: Platform) -> None:
    server = SimulatorServer(platform)
    with server:
        server.stop()


def test_a_store_that_cannot_be_used_is_service_unavailable(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "simulator.db")
    with SimulatorServer(Platform(clock=FrozenClock(), store=store)) as server:
        store.close()
        status, document = call(server, "GET", PROMPTS)
    assert (status, document["code"]) == (503, "service.unavailable")


def test_the_clock_is_told(server: SimulatorServer) -> None:
    assert call(server, "GET", "/_simulator/clock") == (200, {"now": "2026-01-01T00:00:00+00:00"})


def test_the_clock_can_be_moved(server: SimulatorServer, clock: FrozenClock) -> None:
    call(server, "POST", "/_simulator/clock", body=b'{"advance_seconds": 90.5}')
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, 500_000, tzinfo=UTC)


def test_a_running_clock_can_be_moved_too() -> None:
    with SimulatorServer(Platform(clock=ShiftedClock())) as server:
        assert call(server, "POST", "/_simulator/clock", body=b'{"advance_seconds": 60}')[0] == 200


def test_the_machines_own_clock_cannot_be_moved() -> None:
    with SimulatorServer(Platform(clock=SystemClock())) as server:
        status, refused = call(server, "POST", "/_simulator/clock", body=b'{"advance_seconds": 60}')
    assert (status, refused["message"]) == (
        400,
        "this simulator's clock cannot be moved; start it with one that can",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"advance_seconds": -1}',
        b'{"advance_seconds": true}',
        b'{"advance_seconds": "9"}',
    ],
)
def test_a_move_that_is_no_number_is_told_what_to_send(body: bytes, server: SimulatorServer) -> None:
    status, refused = call(server, "POST", "/_simulator/clock", body=body)
    assert (status, refused["message"]) == (400, 'send {"advance_seconds": n}, a number from 0')


@pytest.mark.parametrize("seconds", [b"1e300", b"1e12", b"18446744073709551615"])
def test_a_move_past_the_calendar_is_refused(seconds: bytes, server: SimulatorServer) -> None:
    body = b'{"advance_seconds": ' + seconds + b"}"
    status, refused = call(server, "POST", "/_simulator/clock", body=body)
    assert (status, refused["message"]) == (400, "advance_seconds leads past the year 9000")


def test_the_state_is_shown(server: SimulatorServer, platform: Platform) -> None:
    assert call(server, "GET", "/_simulator/state") == (200, platform.snapshot())


def test_a_reset_forgets_the_tokens(server: SimulatorServer, platform: Platform) -> None:
    call(server, "POST", GRANT, headers=BASIC)
    call(server, "POST", "/_simulator/reset")
    assert platform.snapshot()["tokens"] == 0


@pytest.mark.parametrize(("method", "path"), [("GET", "/_simulator"), ("GET", "/_simulator/other")])
def test_the_simulator_lists_what_it_has(method: str, path: str, server: SimulatorServer) -> None:
    status, refused = call(server, method, path)
    assert (status, refused["message"]) == (
        404,
        "the simulator has /_simulator/clock, /_simulator/state, /_simulator/reset, /_simulator/traffic,"
        " /_simulator/assistants, /_simulator/bots, /_simulator/knowledge, /_simulator/notices,"
        " /_simulator/hangups, /_simulator/faults",
    )


def test_another_method_of_the_simulators_own_is_refused(server: SimulatorServer) -> None:
    assert call(server, "DELETE", "/_simulator/reset")[0] == 405


def test_traffic_moves_the_clock_and_fills_the_time(platform: Platform, server: SimulatorServer) -> None:
    before = platform.clock.now()
    script = {"prompt": "order-status", "conversations": 20, "seconds": 3600, "seed": 7}
    status, answer = call(server, "POST", "/_simulator/traffic", body=orjson.dumps(script))
    assert (status, answer["conversations"]) == (200, {"1.2.0": 20})
    assert platform.clock.now() - before == timedelta(hours=1)


def test_traffic_can_fill_the_time_that_has_passed(platform: Platform, server: SimulatorServer) -> None:
    before = platform.clock.now()
    script = {"prompt": "order-status", "conversations": 20, "seconds": 60, "advance": False}
    assert call(server, "POST", "/_simulator/traffic", body=orjson.dumps(script))[0] == 200
    assert platform.clock.now() == before


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"prompt": "nobody"}, 404),
        ({"conversations": -1}, 400),
        ({"seconds": 0}, 400),
        ({"seconds": "long"}, 400),
        ({"versions": {"1.0.0": {"success": 2}}}, 400),
        ({"speed": 1}, 400),
    ],
)
def test_traffic_that_cannot_be_is_refused(
    server: SimulatorServer, changes: Mapping[str, object], status: int
) -> None:
    script = {"prompt": "order-status", "conversations": 1, "seconds": 60, **changes}
    assert call(server, "POST", "/_simulator/traffic", body=orjson.dumps(script))[0] == status
