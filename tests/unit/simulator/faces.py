"""The two faces of one simulated platform: in process, and behind a socket with a client that is not ours."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from attrs import frozen
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import (
    AT_ONCE,
    Assistant,
    Faults,
    FaultyDial,
    FaultySend,
    Platform,
    Scripted,
    SimulatorServer,
)
from jackfield.adapters.sockets import Dial, Handshake, HandshakeRefused, Socket, SocketClosed
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable

ASSISTANT: Final = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
STREAM: Final = "/api/v2/conversations"
ANSWER: Final = "The refund takes three to five business days, counted from the day of receipt."
SOON_S: Final = 5.0
AT_ONCE_SAYING: Final = Assistant(scripts=(Scripted(text=ANSWER),), pace=AT_ONCE)


@frozen
class Face:
    """A platform as its callers see it."""

    platform: Platform
    clock: FrozenClock
    faults: Faults
    send: Send
    dial: Dial
    host: str

    def call(self, method: str, path: str, document: object, *, token: str) -> Response:
        return self.send(
            Request(
                method=method,
                url=f"http://{self.host}{path}",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                body=orjson.dumps(document),
            )
        )

    def login(self, client: str = "client", scope: str = "") -> str:
        form = f"grant_type=client_credentials&client_id={client}&client_secret=secret&scope={scope}"
        url = f"http://{self.host}/oauth/token"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        granted = self.send(Request(method="POST", url=url, headers=headers, body=form.encode()))
        return str(orjson.loads(granted.body)["access_token"])

    def ask(self, token: str, text: str = "When is my refund here?", limit: int = 1_000) -> str:
        """Begin a conversation, and return its id."""
        body = {"messages": [{"role": "user", "content": text}], "settings": {"maxTokens": limit}}
        answered = self.call("POST", f"/api/v2/ai/assistants/{ASSISTANT}/conversations", body, token=token)
        return str(orjson.loads(answered.body)["id"])

    def open(self, token: str | None, **options: Any) -> Socket:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.dial(Handshake(url=f"ws://{self.host}{STREAM}", headers=headers, **options))


Make = Callable[..., Face]


def subscription(conversation: str, after: object = None) -> str:
    more = {} if after is None else {"afterSequence": after}
    return orjson.dumps({"type": "subscribe", "data": {"conversationId": conversation, **more}}).decode()


def heard(socket: Socket, conversation: str, after: object = None) -> list[dict[str, Any]]:
    """Subscribe, and return the frames up to the one that ends the answer."""
    socket.send(subscription(conversation, after))
    frames = list[dict[str, Any]]()
    while not frames or frames[-1]["type"] not in {"aiResponseComplete", "error"}:
        frames.append(orjson.loads(socket.receive(SOON_S)))
    return frames


def said(frames: list[dict[str, Any]]) -> str:
    return "".join(each["data"]["content"] for each in frames if each["type"] == "aiResponseChunk")


def sequences(frames: list[dict[str, Any]]) -> list[int]:
    return [each["data"]["sequence"] for each in frames if "sequence" in each["data"]]


@contextmanager
def in_process(platform: Platform, clock: FrozenClock) -> Generator[Face]:
    faults = Faults(seed=7)
    send = FaultySend(platform.send, faults, clock)
    yield Face(platform, clock, faults, send, FaultyDial(platform, faults), "host")


@contextmanager
def at_the_server(platform: Platform, clock: FrozenClock) -> Generator[Face]:
    with SimulatorServer(platform, faults=Faults(seed=7)) as server, ExitStack() as opened:

        def dial(handshake: Handshake) -> Socket:
            return _Wired(handshake, opened)

        yield Face(platform, clock, server.faults, _send, dial, urlsplit(server.url).netloc)


def _send(request: Request) -> Response:
    connection = HTTPConnection(urlsplit(request.url).netloc, timeout=10)
    try:
        connection.request(request.method, urlsplit(request.url).path, request.body, dict(request.headers))
        response = connection.getresponse()
        return Response(status=response.status, headers=_named(response.getheaders()), body=response.read())
    except (OSError, HTTPException) as error:
        raise OutcomeUnknown("the connection broke", place="the test", remedy="look") from error
    finally:
        connection.close()


def _named(headers: list[tuple[str, str]]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers}


class _Wired:
    """A `Socket` of the websockets library."""

    def __init__(self, handshake: Handshake, opened: ExitStack) -> None:
        timeout = handshake.timeout.total_seconds()
        try:
            self._socket: ClientConnection = opened.enter_context(
                connect(
                    handshake.url,
                    additional_headers=handshake.headers,
                    open_timeout=timeout,
                    max_size=handshake.largest_bytes,
                    close_timeout=1,
                    compression=None,
                    proxy=None,
                )
            )
        except InvalidStatus as error:
            raise HandshakeRefused(
                Response(
                    status=error.response.status_code,
                    headers=_named(list(error.response.headers.raw_items())),
                    body=bytes(error.response.body),
                )
            ) from error
        except (OSError, InvalidHandshake) as error:
            raise Unavailable("nobody answered", place="the test", remedy="look") from error

    def send(self, text: str) -> None:
        try:
            self._socket.send(text)
        except ConnectionClosed as error:
            raise _closed(error) from error

    def receive(self, timeout: float | None) -> str | bytes:
        try:
            return self._socket.recv(timeout)
        except ConnectionClosed as error:
            raise _closed(error) from error

    def close(self, code: int = 1000) -> None:
        self._socket.close(code)


def _closed(error: ConnectionClosed) -> SocketClosed:
    ended = error.rcvd or error.sent
    return SocketClosed(1006 if ended is None else ended.code)
