"""What only a socket can show of streams: cut frames, many answers, the server's end, its controls."""

from __future__ import annotations

import socket
import threading
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from jackfield.adapters.clock import FrozenClock, ShiftedClock
from jackfield.adapters.simulator import AT_ONCE, Assistant, Faults, Pace, Platform, Scripted, SimulatorServer
from tests.unit.simulator.faces import ASSISTANT, AT_ONCE_SAYING, STREAM, subscription

POST: Final = f"/api/v2/ai/assistants/{ASSISTANT}/conversations"
BASIC: Final = {"Authorization": "Basic YTpi"}
SEED: Final = 7


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def platform(clock: FrozenClock) -> Platform:
    return Platform(clock=clock, assistants={ASSISTANT: AT_ONCE_SAYING})


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform, faults=Faults(seed=SEED)) as running:
        yield running


def call(
    server: SimulatorServer, method: str, path: str, document: object = None, **headers: str
) -> tuple[int, Any]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        body = None if document is None else orjson.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())
    finally:
        connection.close()


def login(server: SimulatorServer) -> dict[str, str]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("POST", "/oauth/token?grant_type=client_credentials", headers=BASIC)
    token = orjson.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return {"Authorization": f"Bearer {token}"}


def begin(server: SimulatorServer, bearer: dict[str, str]) -> str:
    body = {"messages": [{"role": "user", "content": "hi"}], "settings": {"maxTokens": 1_000}}
    return str(call(server, "POST", POST, body, **bearer)[1]["id"])


@contextmanager
def opened(server: SimulatorServer, bearer: dict[str, str]) -> Generator[ClientConnection]:
    url = f"ws://{urlsplit(server.url).netloc}{STREAM}"
    with connect(url, additional_headers=bearer, proxy=None, close_timeout=1) as stream:
        yield stream


def shaken(server: SimulatorServer, bearer: dict[str, str]) -> socket.socket:
    """Open a WebSocket by hand, to see its bytes."""
    at = urlsplit(server.url)
    connection = socket.create_connection((at.hostname, at.port), timeout=10)
    told = {"Host": at.netloc, "Upgrade": "websocket", "Connection": "Upgrade", **bearer}
    told |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "6Li69vRlgzwz1r3Uy1wrHQ=="}
    lines = [f"GET {STREAM} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answered = b""
    while not answered.endswith(b"\r\n\r\n"):
        answered += connection.recv(1)
    assert answered.startswith(b"HTTP/1.1 101")
    return connection


def rest(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.read()


def masked(text: str) -> bytes:
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


def test_a_line_is_cut_in_the_middle_of_a_frame(server: SimulatorServer) -> None:
    bearer = login(server)
    conversation = begin(server, bearer)
    server.faults.next("GET", "**", "stream-drop", after=1)
    connection = shaken(server, bearer)
    connection.sendall(masked(subscription(conversation)))
    came = rest(connection)
    first = 4 + int.from_bytes(came[2:4])
    begun, announced = came[first + 4 :], int.from_bytes(came[first + 2 : first + 4])
    assert 0 < len(begun) < announced
    assert begun.startswith(b'{"type":"aiResponse'[: len(begun)])


def test_a_short_frame_is_cut_as_well(server: SimulatorServer, platform: Platform) -> None:
    platform.script(ASSISTANT, Assistant(scripts=[Scripted(text="I")], pace=AT_ONCE))
    bearer = login(server)
    conversation = begin(server, bearer)
    server.faults.next("GET", "**", "stream-drop")
    connection = shaken(server, bearer)
    connection.sendall(masked(subscription(conversation)))
    came = rest(connection)
    assert 2 < len(came) < 2 + came[1] < 2 + 126


def test_the_byte_at_which_a_line_is_cut_is_of_the_seed(server: SimulatorServer) -> None:
    bearer = login(server)
    server.faults.randomly("stream-drop", 1)
    lengths = list[int]()
    for _ in range(6):
        connection = shaken(server, bearer)
        connection.sendall(masked(subscription(begin(server, bearer))))
        lengths.append(len(rest(connection)))
    assert len({*lengths}) > 3


def test_a_line_is_cut_between_two_frames(server: SimulatorServer) -> None:
    bearer = login(server)
    conversation = begin(server, bearer)
    server.faults.next("GET", "**", "stream-1006", after=1)
    connection = shaken(server, bearer)
    connection.sendall(masked(subscription(conversation)))
    came = rest(connection)
    assert len(came) == 4 + int.from_bytes(came[2:4])


def test_pings_are_answered_while_nothing_is_due(server: SimulatorServer) -> None:
    with opened(server, login(server)) as stream:
        assert stream.ping().wait(5)


def test_a_frame_of_bytes_is_refused(server: SimulatorServer) -> None:
    with opened(server, login(server)) as stream:
        stream.send(b"\x00")
        assert orjson.loads(stream.recv(5))["data"]["code"] == "bad.request"


def test_a_server_that_stops_says_goodbye(platform: Platform) -> None:
    with SimulatorServer(platform) as server, opened(server, login(server)) as stream:
        waiter = threading.Thread(target=server.stop)
        waiter.start()
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(5)
        waiter.join()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


def test_a_port_that_refuses_cuts_the_streams_too(server: SimulatorServer) -> None:
    with opened(server, login(server)) as stream:
        server.faults.next("GET", "**", "refused", seconds=0.05)
        with pytest.raises(ConnectionError):
            call(server, "GET", "/")
        with pytest.raises(ConnectionClosedError):
            stream.recv(5)


def test_the_clock_of_the_control_endpoint_moves_the_streams(platform: Platform) -> None:
    late = Assistant(scripts=[Scripted(text="Hello.")], pace=Pace(first=timedelta(hours=1)))
    platform.script(ASSISTANT, late)
    with SimulatorServer(platform) as server:
        bearer = login(server)
        with opened(server, bearer) as stream:
            stream.send(subscription(begin(server, bearer)))
            with pytest.raises(TimeoutError):
                stream.recv(0.1)
            call(server, "POST", "/_simulator/clock", {"advance_seconds": 3_601})
            assert orjson.loads(stream.recv(5))["data"]["sequence"] == 0


def test_a_server_on_a_running_clock_sends_by_itself() -> None:
    quick = Pace(first=timedelta(milliseconds=50), shortest=timedelta(), longest=timedelta(milliseconds=2))
    platform = Platform(clock=ShiftedClock(), assistants={ASSISTANT: Assistant(pace=quick)})
    with SimulatorServer(platform) as server:
        bearer = login(server)
        with opened(server, bearer) as stream:
            stream.send(subscription(begin(server, bearer)))
            assert [orjson.loads(stream.recv(5))["data"]["sequence"] for _ in range(12)] == [*range(12)]


def test_two_hundred_answers_come_on_one_socket_without_a_gap() -> None:
    fifty_ms = timedelta(milliseconds=50)
    words = " ".join(f"word{n}" for n in range(20))
    pace = Pace(first=timedelta(milliseconds=500), shortest=fifty_ms, longest=fifty_ms)
    assistant = Assistant(scripts=[Scripted(text=words)], pace=pace)
    platform = Platform(clock=ShiftedClock(), assistants={ASSISTANT: assistant})
    with SimulatorServer(platform) as server:
        bearer = login(server)
        with opened(server, bearer) as stream:
            for _ in range(200):
                stream.send(subscription(begin(server, bearer)))
            came = _until_ends(stream, 200)
    assert len(came) == 200
    assert all(numbers == [*range(len(numbers))] for numbers in came.values())


def _until_ends(stream: ClientConnection, count: int) -> dict[str, list[int]]:
    """Return the sequences of every conversation, until so many have ended."""
    came = defaultdict[str, list[int]](list)
    while count:
        frame = orjson.loads(stream.recv(20))
        came[frame["data"]["conversationId"]].append(frame["data"]["sequence"])
        count -= frame["type"] == "aiResponseComplete"
    return came


def test_many_sockets_hear_their_own_answers(server: SimulatorServer, platform: Platform) -> None:
    bearer = login(server)
    with ExitStack() as stack:
        streams = [stack.enter_context(opened(server, bearer)) for _ in range(20)]
        asked = [begin(server, bearer) for _ in streams]
        for stream, conversation in zip(streams, asked, strict=True):
            stream.send(subscription(conversation))
        came = [_until_ends(stream, 1) for stream in streams]
    assert [[*each] for each in came] == [[conversation] for conversation in asked]


def test_assistants_are_scripted_over_http(server: SimulatorServer) -> None:
    bearer = login(server)
    script = {"asked": "*", "text": "Hello.", "safety": True}
    role = {"assistant": ASSISTANT, "scripts": [script], "first_ms": 0, "shortest_ms": 0, "longest_ms": 0}
    status, told = call(server, "POST", "/_simulator/assistants", role)
    assert (status, told["assistants"][ASSISTANT]) == (200, 0)
    with opened(server, bearer) as stream:
        stream.send(subscription(begin(server, bearer)))
        piece, end = (orjson.loads(stream.recv(5))["data"] for _ in range(2))
    assert (piece["content"], end["safetyPolicyTriggered"]) == ("Hello.", True)
    assert call(server, "GET", "/_simulator/assistants")[1]["assistants"][ASSISTANT] == 1


def test_assistants_get_examples_and_are_forgotten_over_http(
    server: SimulatorServer, platform: Platform
) -> None:
    examples = [{"customer": "hi there", "agent": "Good morning."}]
    role = {"assistant": "ours", "examples": examples, "first_ms": 0, "shortest_ms": 0, "longest_ms": 0}
    assert "ours" in call(server, "POST", "/_simulator/assistants", role)[1]["assistants"]
    assert "ours" not in call(server, "DELETE", "/_simulator/assistants")[1]["assistants"]


@pytest.mark.parametrize(
    "role",
    [
        None,
        [],
        {},
        {"assistant": " "},
        {"assistant": 7},
        {"assistant": "a", "scripts": [{"asked": "x"}]},
        {"assistant": "a", "examples": [["x", "y"]]},
        {"assistant": "a", "first_ms": -1},
        {"assistant": "a", "shortest_ms": 90},
        {"assistant": "a", "pace": 1},
    ],
)
def test_a_script_that_cannot_be_read_is_refused(role: object, server: SimulatorServer) -> None:
    status, told = call(server, "POST", "/_simulator/assistants", role)
    assert (status, bool(told["message"])) == (400, True)


def test_the_state_counts_conversations_and_sockets(server: SimulatorServer) -> None:
    bearer = login(server)
    begin(server, bearer)
    with opened(server, bearer):
        told = call(server, "GET", "/_simulator/state")[1]
    assert (told["assistants"][ASSISTANT], told["sockets"]) == (1, 1)


@pytest.mark.parametrize("version", ["12", ""])
def test_a_handshake_that_is_none_gets_the_envelope(version: str, server: SimulatorServer) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": version}
    status, told = call(server, "GET", STREAM, **login(server), **upgrade)
    assert (status, told["code"]) == (400, "bad.request")
