"""One HTTP call that is answered: what is sent, and what comes back."""

from __future__ import annotations

import gzip

from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from tests.unit.genesys.transport.conftest import CANARY, ScriptedServer, get, ok, then_close


def test_returns_status_headers_in_lower_case_and_the_body(send: RequestsSend) -> None:
    with ScriptedServer(b"HTTP/1.1 404 Gone\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nno") as server:
        response = send(get(server))
    assert response == Response(status=404, headers={"x-one": "1", "content-length": "2"}, body=b"no")


def test_sends_what_it_was_given_and_little_else(send: RequestsSend) -> None:
    with ScriptedServer(ok()) as server:
        send(Request(method="POST", url=server.url, headers={"X-One": "1"}, body=b'{"a":1}'))
        host = server.url.split("/")[2]
    assert server.requests == [
        f"POST /api?name={CANARY} HTTP/1.1\r\n"
        f"Host: {host}\r\n"
        "User-Agent: jackfield\r\n"
        "Accept-Encoding: gzip\r\n"
        "X-One: 1\r\n"
        "Content-Length: 7\r\n"
        '\r\n{"a":1}'.encode()
    ]


def test_an_answer_in_chunks_is_read_whole(send: RequestsSend) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with ScriptedServer(chunked) as server:
        assert send(get(server)).body == b"abcde"


def test_an_answer_that_ends_with_its_connection_is_read_whole(send: RequestsSend) -> None:
    with ScriptedServer(then_close(b"HTTP/1.1 200 OK\r\n\r\nabc")) as server:
        assert send(get(server)).body == b"abc"


def test_an_answer_without_a_body_frees_its_connection(send: RequestsSend) -> None:
    with ScriptedServer(b"HTTP/1.1 204 No Content\r\n\r\n", ok()) as server:
        assert send(get(server)).status == 204
        send(get(server))
    assert server.connections == 1


def test_a_compressed_answer_is_decoded(send: RequestsSend) -> None:
    with ScriptedServer(ok(gzip.compress(b"abc" * 1000), b"Content-Encoding: gzip")) as server:
        assert send(get(server)).body == b"abc" * 1000


def test_redirects_are_not_followed(send: RequestsSend) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer(moved) as server:
        assert send(get(server)).status == 302


def test_cookies_are_not_kept(send: RequestsSend) -> None:
    with ScriptedServer(ok(b"", b"Set-Cookie: a=b"), ok()) as server:
        send(get(server))
        send(get(server))
    assert b"cookie" not in server.requests[1].lower()
