"""Opening a stream: tokens, scopes, and how many sockets a client has; in process and behind a socket."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest

from jackfield.adapters.http import Response
from jackfield.adapters.simulator import StreamRules
from jackfield.adapters.sockets import HandshakeRefused
from tests.unit.simulator.faces import Face, Make


def refused(call: Callable[[], object]) -> Response:
    with pytest.raises(HandshakeRefused) as error:
        call()
    return error.value.response


def code(response: Response) -> tuple[int, str]:
    return response.status, orjson.loads(response.body)["code"]


@pytest.mark.parametrize("header", [None, "unknown"])
def test_a_handshake_needs_a_token(header: str | None, face: Face) -> None:
    answered = refused(lambda: face.open(header))
    assert code(answered) == (401, "authentication.required" if header is None else "bad.credentials")
    assert answered.headers["inin-correlation-id"] == orjson.loads(answered.body)["contextId"]


def test_a_handshake_needs_a_scope(face: Face) -> None:
    answered = refused(lambda: face.open(face.login(scope="ai:assistant:write")))
    assert code(answered) == (403, "app.not.authorized.for.scope")


@pytest.mark.parametrize("scope", ["conversation:read", "conversation:write"])
def test_either_scope_opens_a_socket(scope: str, face: Face) -> None:
    face.open(face.login(scope=scope)).close()


def test_a_client_has_so_many_sockets_and_no_more(make: Make) -> None:
    face = make(StreamRules(sockets=2))
    token = face.login()
    first, _second = face.open(token), face.open(token)
    answered = refused(lambda: face.open(face.login()))
    assert (code(answered), answered.headers["retry-after"]) == ((429, "too.many.requests.retry.after"), "5")
    face.open(face.login("other")).close()
    first.close()
    wait_for_sockets(face, 1)
    face.open(token)


def wait_for_sockets(face: Face, count: int) -> None:
    until = time.monotonic() + 10
    while face.platform.snapshot()["sockets"] != count and time.monotonic() < until:
        time.sleep(0.01)


def test_the_path_without_an_upgrade_is_not_there(face: Face, token: str) -> None:
    assert code(face.call("GET", "/api/v2/conversations", None, token=token)) == (404, "not.found")
