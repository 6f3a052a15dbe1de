"""Sockets to the platform in process under faults: the handshake's, and those of its frames."""

from __future__ import annotations

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.faults.deliveries import token_of
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.adapters.simulator.faults.sending import FaultySend
from jackfield.adapters.simulator.faults.streams import FaultyPeer
from jackfield.adapters.simulator.platform.dialing import dialed
from jackfield.adapters.simulator.platform.organization import Platform
from jackfield.adapters.simulator.platform.streams import Peer
from jackfield.adapters.sockets import Handshake, Socket
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable


class FaultyDial:
    """A `Dial` to *platform*, on which *faults* are played; waits pass on the platform's clock.

    `refused`, `drop` and a handshake that is too `slow` raise `Unavailable`; a socket that a fault ends
    raises `SocketClosed`.
    """

    def __init__(self, platform: Platform, faults: Faults) -> None:
        self._platform = platform
        self._faults = faults
        self._send = FaultySend(platform.send, faults, platform.clock)

    def __call__(self, handshake: Handshake) -> Socket:
        """Open a socket; raise `HandshakeRefused` and `Unavailable`."""
        return dialed(self._platform.clock, self._shake, self._attend, handshake)

    def _shake(self, request: Request) -> Response:
        try:
            return self._send(request)
        except OutcomeUnknown as error:  # a handshake has no outcome
            raise Unavailable(error.message, place=error.place, remedy="open it again") from error

    def _attend(self, request: Request) -> Peer | Response:
        attended = self._platform.attend(request)
        if isinstance(attended, Response):
            return attended
        return FaultyPeer(attended, self._faults, token_of(request))
