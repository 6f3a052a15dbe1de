"""Opening the socket of the stream: with whose token, and what a refusal means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.answers import Tried
from jackfield.adapters.genesys.auth import Token
from jackfield.adapters.genesys.resilience.lane import Lane
from jackfield.adapters.http import Request
from jackfield.adapters.sockets import Dial, Handshake, HandshakeRefused, Socket
from jackfield.domain.model.errors import AuthenticationFailed, PermissionDenied
from jackfield.ports.clock import Clock

PATH: Final = "/api/v2/conversations"


@define(eq=False)
class Door:
    """Opens sockets, one after the other, for one thread; all with the tokens of one OAuth client.

    A platform may let only the client that began a conversation hear it. So the lane is chosen once, and
    again only when the platform does not accept its client.
    """

    api: str
    lanes: Sequence[Lane]
    dial: Dial
    clock: Clock
    timeout: timedelta
    _lane: Lane | None = field(default=None, init=False)
    _token: Token | None = field(default=None, init=False)

    @property
    def lane(self) -> Lane:
        """Whose tokens are used: those of the least loaded client when it was chosen."""
        lane = self._lane
        if lane is None:
            now = self.clock.monotonic()
            lane = self._lane = min(self.lanes, key=lambda each: each.load(now, bulk=False))
        return lane

    def open(self, ends: float) -> Socket:
        """Return an open socket; a token that is refused is renewed, once.

        Raises `Refused`, and `Unavailable` or another `NotSent` when no answer came.
        """
        lane = self.lane
        try:
            return self._open(lane, ends)
        except AuthenticationFailed:
            lane.rest(self.clock.monotonic())
            self._lane = None
            raise

    def renew(self) -> None:
        """Use another token the next time: the platform closed the socket because of this one."""
        self.lane.drop(self._token)

    def _open(self, lane: Lane, ends: float) -> Socket:
        token = self._token = lane.token(ends)
        try:
            return self._dialed(token, ends)
        except PermissionDenied:
            lane.drop(token)  # a new one may have the scope that was added meanwhile
            raise
        except AuthenticationFailed:
            lane.drop(token)
            self._token = lane.token(ends)
            if self._token is token:
                raise
        return self._dialed(self._token, ends)

    def _dialed(self, token: Token | None, ends: float) -> Socket:
        left = timedelta(seconds=max(0.0, ends - self.clock.monotonic()))
        timeout = min(left, self.timeout)
        tried = Tried(Request(method="GET", url=self.api + PATH, deadline=timeout), self.clock)
        try:
            return self.dial(
                Handshake(url=_streaming(self.api) + PATH, headers=_bearer(token), timeout=timeout)
            )
        except HandshakeRefused as refused:
            error = tried.refused(refused.response)
        raise error


def _streaming(api: str) -> str:
    """Return the API's base URL for sockets: `wss://` for `https://`."""
    return f"ws{api.removeprefix('http')}"


def _bearer(token: Token | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token.secret.reveal()}"}
