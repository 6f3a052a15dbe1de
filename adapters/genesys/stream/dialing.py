"""The one place that opens WebSockets; its rules are those of the requests."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.protocol import Event
from websockets.uri import parse_uri

from jackfield.adapters.genesys.stream.opening import ProxyRefused, Way, hang_up, split
from jackfield.adapters.genesys.stream.wire import WireSocket
from jackfield.adapters.http import Response
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket
from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable

_READ_BYTES: Final = 4_096
_LONGEST_BODY: Final = 64_000
_SILENT: Final = logging.Logger("jackfield.silent", logging.CRITICAL + 1)
"""The library would log every frame and header where a program asks for debug lines."""
_REMEDY: Final = "check the network, and the region or base URL"


class WebSocketDial:
    """A `Dial` over the `websockets` library: no redirect, environment, compression or retry.

    The proxy is one of `http://`. Name resolution is not bounded by the handshake's timeout, and each
    address of a host may take it.
    """

    def __init__(self, *, proxy: str | None = None, ca: Path | None = None) -> None:
        self._proxy = None if proxy is None else _http(proxy)
        self._tls = _trusting(ca)

    def __call__(self, handshake: Handshake) -> Socket:
        """Open a socket; raises `HandshakeRefused`, `Unavailable`, `InvalidInput` for what is no URL."""
        protocol = _protocol(handshake)
        target = split(handshake.url)
        place = f"GET {target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
        ends = time.monotonic() + handshake.timeout.total_seconds()
        way = Way(target, self._proxy, self._tls, ends)
        try:
            return _shaken(way, protocol, handshake.headers)
        except (OSError, ProxyRefused) as error:
            failure = _unreached(error, place)
        except InvalidStatus as error:
            raise HandshakeRefused(_response(error)) from None
        except WebSocketException:
            failure = Unavailable("what answered speaks no WebSocket", place=place, remedy=_REMEDY)
        raise failure  # outside the handlers: a library's error must not hang on ours


def _shaken(way: Way, protocol: ClientProtocol, headers: Mapping[str, str]) -> Socket:
    """Return a socket on which both sides speak WebSocket."""
    connection = way.opened()
    with _or_hung_up(connection):
        request = protocol.connect()
        request.headers.update({"User-Agent": "jackfield", **headers})
        protocol.send_request(request)
        connection.settimeout(way.left())
        connection.sendall(b"".join(protocol.data_to_send()))
        return WireSocket(connection, protocol, _answered(way, protocol, connection))


def _answered(way: Way, protocol: ClientProtocol, connection: socket.socket) -> Sequence[Event]:
    """Read the answer; return it with the frames that came right behind it."""
    while True:
        connection.settimeout(way.left())
        data = connection.recv(_READ_BYTES)
        if data:
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
        events = protocol.events_received()
        if events:
            return events
        if not data:
            raise InvalidHandshake("the connection ended")


@contextmanager
def _or_hung_up(connection: socket.socket) -> Generator[None]:
    try:
        yield
    except BaseException:
        hang_up(connection)
        raise


def _protocol(handshake: Handshake) -> ClientProtocol:
    try:
        uri = parse_uri(handshake.url)
        return ClientProtocol(uri, max_size=handshake.largest_bytes, logger=_SILENT)
    except (InvalidURI, ValueError):
        pass
    raise InvalidInput("it is a ws:// or wss:// URL, with a host", place="stream", remedy="mend the base URL")


def _response(error: InvalidStatus) -> Response:
    headers = {name.lower(): value for name, value in error.response.headers.raw_items()}
    body = bytes(error.response.body or b"")[:_LONGEST_BODY]
    return Response(status=error.response.status_code, headers=headers, body=body)


def _unreached(error: Exception, place: str) -> JackfieldError:
    if isinstance(error, ProxyRefused):
        message = error.message
    elif isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        message = "the TLS handshake failed: the certificate is not trusted, or it is no TLS port"
    elif isinstance(error, TimeoutError):
        message = "no connection in time"
    else:
        message = "the host cannot be reached"
    return Unavailable(message, place=place, remedy=_REMEDY)


def _trusting(ca: Path | None) -> ssl.SSLContext:
    """Trust whom requests trusts: the authorities that come with it, or those of the settings."""
    trusted = Path(DEFAULT_CA_BUNDLE_PATH) if ca is None else ca
    try:
        if trusted.is_dir():
            return ssl.create_default_context(capath=str(trusted))
        return ssl.create_default_context(cafile=str(trusted))
    except (OSError, ValueError):
        raise InvalidInput("there are no CA certificates", place=str(ca)) from None


def _http(proxy: str) -> SplitResult:
    try:
        parts = split(proxy)
        if parts.scheme == "http" and parts.hostname:
            return parts
    except ValueError:
        pass
    raise InvalidInput(
        "the stream of answers goes through an http:// proxy, or none", place="proxy", remedy="name one"
    )
