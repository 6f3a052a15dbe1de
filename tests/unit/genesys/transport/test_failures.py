"""One HTTP call that fails: whether it may have happened, its limits, and what no error shows."""

from __future__ import annotations

import gzip
import random
import socket
import time
import traceback
import tracemalloc
from collections.abc import Sequence

import pytest

from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from tests.unit.genesys.transport.conftest import CANARY, SECRET, ScriptedServer, Turn, get, ok, then_close


def dripping(start: bytes, drop: bytes) -> Turn:
    def turn(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(drop)

    return turn


@pytest.mark.parametrize(
    "turn",
    [
        then_close(b""),
        then_close(b"HTTP/1.1 200"),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 5\r\n\r\nabc",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        ok(b"no gzip at all", b"Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_a_call_without_a_whole_answer_may_have_happened(send: RequestsSend, turn: Turn | bytes) -> None:
    with ScriptedServer(turn) as server, pytest.raises(OutcomeUnknown):
        send(get(server))


def test_a_read_timeout_may_have_happened(send: RequestsSend) -> None:
    with ScriptedServer(b"") as server, pytest.raises(OutcomeUnknown):
        send(get(server, read=0.05))


@pytest.mark.parametrize(
    "turn",
    [
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X"),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        dripping(ok(b"", b"Content-Encoding: gzip")[:-2] + gzip.compress(b"x")[:10], b"\0"),
    ],
    ids=["status", "headers", "continue", "length", "close", "chunks", "chunk-size", "gzip"],
)
def test_a_dripping_answer_ends_with_the_deadline(send: RequestsSend, turn: Turn) -> None:
    """Without one it would drip for ever."""
    with ScriptedServer(turn) as server, pytest.raises(OutcomeUnknown, match="deadline"):
        send(get(server, deadline=0.3))


def test_a_call_whose_deadline_has_passed_is_not_sent(send: RequestsSend) -> None:
    with ScriptedServer(ok()) as server, pytest.raises(Unavailable, match="in time"):
        send(get(server, deadline=0))
    assert server.requests == []


def test_an_answer_that_is_too_large_is_not_read(send: RequestsSend) -> None:
    with ScriptedServer(ok(b"x" * 100_001), ok(b"x" * 100_000)) as server:
        with pytest.raises(OutcomeUnknown, match="too large"):
            send(get(server))
        assert len(send(get(server)).body) == 100_000


def test_a_compressed_bomb_is_stopped_at_the_limit(send: RequestsSend) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with ScriptedServer(ok(bomb, b"Content-Encoding: gzip")) as server:
        tracemalloc.start()
        with pytest.raises(OutcomeUnknown, match="too large"):
            send(get(server))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", url=f"ftp://host/{CANARY}"),
        Request(method="GET", url=f"file:///{CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/ {CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/\r\nX: {CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:1/ü{CANARY}"),
        Request(method="GET", url=f"http://[::1/{CANARY}"),
        Request(method="GET", url=f"http://127.0.0.1:port/{CANARY}"),
    ],
)
def test_a_url_that_is_not_http_is_not_sent(send: RequestsSend, request_: Request) -> None:
    with pytest.raises(InvalidInput) as caught:
        send(request_)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("value", [f"{CANARY}\r\nX: y", f"{CANARY}\n", f"{CANARY}\u20ac"])
def test_a_header_that_http_cannot_carry_is_not_sent(send: RequestsSend, value: str) -> None:
    with ScriptedServer(ok()) as server, pytest.raises(InvalidInput) as caught:
        send(Request(method="GET", url=server.url, headers={"Authorization": value}))
    assert server.requests == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "turn", [then_close(b""), ok(b"x" * 200_000), b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: a"]
)
def test_no_error_shows_the_query_or_a_header(send: RequestsSend, turn: Turn | bytes) -> None:
    with ScriptedServer(turn) as server, pytest.raises(JackfieldError) as caught:
        send(get(server, deadline=0.5))
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told
    assert SECRET not in told
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_even_a_traceback_with_local_values_shows_no_header(send: RequestsSend) -> None:
    with ScriptedServer(then_close(b"")) as server, pytest.raises(JackfieldError) as caught:
        send(get(server))
    with_values = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SECRET not in "".join(with_values.format())


def test_odd_bytes_for_an_answer_raise_only_our_errors(send: RequestsSend) -> None:
    dice = random.Random(20260101)
    valid = ok(b'{"a":1}', b"X-One: 1")
    script = [then_close(_scrambled(dice, valid)) for _ in range(300)]
    with ScriptedServer(*script) as server:
        outcomes = [_outcome(send, get(server)) for _ in script]
    assert set(outcomes) == {"answer", "unknown"}


def _outcome(send: RequestsSend, request: Request) -> str:
    try:
        send(request)
    except OutcomeUnknown:
        return "unknown"
    return "answer"


def _scrambled(dice: random.Random, answer: Sequence[int]) -> bytes:
    scrambled = bytearray(answer)
    for _ in range(dice.randint(0, 3)):
        scrambled[dice.randrange(len(scrambled))] = dice.randrange(256)
    return bytes(scrambled[: dice.randint(1, len(scrambled)) if dice.random() < 0.2 else None])
