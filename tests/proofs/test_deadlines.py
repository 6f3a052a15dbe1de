"""H6: whatever a server sends, a call ends at its deadline and takes no more memory than it may.

The one place where time is asserted: these are real sockets and the machine's clock.
"""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

import pytest
import requests

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.domain.model.secrets import Secret
from tests.proofs.sizes import sized

DEADLINE_S, LATE_S = 0.5, 0.25
LIMIT_BYTES: Final = 2_000_000
CAP_BYTES: Final = 8 * LIMIT_BYTES
CALLS = sized(1, full=10)
TRIES: Final = 3
HEAD: Final = b"HTTP/1.1 200 OK\r\n"


def _dripping_headers() -> Iterator[bytes]:
    yield HEAD
    for number in itertools.count():
        time.sleep(0.02)
        yield b"X-%d: 1\r\n" % number


def _dripping_body() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 1000000\r\n\r\n"
    while True:
        time.sleep(0.02)
        yield b"x"


def _nothing() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)
        yield b""


def _endless() -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    while True:
        yield chunk


def _huge() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 1000000000\r\n\r\n"
    while True:
        yield b"x" * 65_536


_BOMB: Final = gzip.compress(b"\0" * 200_000_000)


def _bomb() -> Iterator[bytes]:
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB)
    yield _BOMB


def _truncated() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 1000\r\n\r\nabc"


BODIES: Final[Mapping[str, Callable[[], Iterator[bytes]]]] = {
    "dripping headers": _dripping_headers,
    "a dripping body": _dripping_body,
    "nothing at all": _nothing,
    "an endless body": _endless,
    "a huge body": _huge,
    "a gzip bomb": _bomb,
    "a truncated body": _truncated,
}


def _dripping_on() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 60\r\n\r\n"
    for _ in range(60):
        time.sleep(0.02)
        yield b"x"


class Nasty:
    """A server that answers every request with the same bytes, for as long as anybody listens."""

    def __init__(self, body: Callable[[], Iterator[bytes]]) -> None:
        self._body = body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._answer, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, suppress(OSError):
            connection.recv(65_536)
            for piece in self._body():
                connection.sendall(piece)
                if _is_gone(connection):
                    return

    def close(self) -> None:
        """Stop, once nobody listens any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


def _is_gone(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(10)


@pytest.fixture(params=BODIES)
def server(request: pytest.FixtureRequest) -> Iterator[Nasty]:
    server = Nasty(BODIES[request.param])
    yield server
    server.close()


def _late(client: Client) -> float:
    """Return how long after its deadline a call ends that must fail.

    Of a few calls it is the first that is in time: a busy machine may wake a thread late for once, while who
    does not heed its deadline is late each time.
    """
    late = (_once_late(client) for _ in range(TRIES))
    return next((each for each in late if each <= LATE_S), LATE_S + 1)


def _once_late(client: Client) -> float:
    began = time.monotonic()
    with pytest.raises(JackfieldError) as caught:
        client.read("/x", bytes.decode)
    assert isinstance(caught.value, Unavailable)
    return time.monotonic() - began - DEADLINE_S


def test_a_call_ends_at_its_deadline_and_within_its_memory(
    server: Nasty, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    send = RequestsSend(limit_bytes=LIMIT_BYTES)
    rules = CallRules(
        person_deadline_s=DEADLINE_S, unreached_base_s=0.05, breaker_row=1_000_000, breaker_calls=1_000
    )
    policy = Policy(send, SystemClock(), rules=rules)
    client = Client(policy, [policy.lane(FixedToken(Secret("token")))], hosts(base_url=server.url))
    tracemalloc.start()
    try:
        late = max(_late(client) for _ in range(CALLS))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        send.close()
    with capsys.disabled():
        print(f"\nH6: {request.node.callspec.id}: {CALLS} calls, {late * 1000:+.0f} ms, peak {peak:,} bytes")
    assert (late <= LATE_S, peak <= CAP_BYTES) == (True, True)


def test_the_same_clock_catches_a_client_that_bounds_each_read_alone() -> None:
    server, began = Nasty(_dripping_on), time.monotonic()
    with requests.Session() as session:
        session.get(server.url, timeout=DEADLINE_S)
    late = time.monotonic() - began - DEADLINE_S
    server.close()
    assert late > LATE_S
