"""In process and behind a socket the same faults strike the same frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.simulator.faults import Injection
from jackfield.adapters.simulator.faults.streams import GARBAGE
from jackfield.adapters.sockets import SocketClosed
from tests.unit.simulator.conftest import FACES
from tests.unit.simulator.faces import ASSISTANT, AT_ONCE_SAYING, Face, subscription

RATES: Final = {
    "stream-repeat": 0.15,
    "stream-reorder": 0.15,
    "stream-unknown": 0.1,
    "stream-garbage": 0.05,
    "stream-drop": 0.1,
    "stream-huge": 0.03,
    "stream-1001": 0.05,
    "stream-1006": 0.05,
}
CONVERSATIONS: Final = 12


def transcript(face: Face, token: str, conversation: str) -> Sequence[object]:
    """Hear the answer from its start, again after each close and garbage, until its end; return what came."""
    heard = list[object]()
    while True:
        socket = face.open(token)
        socket.send(subscription(conversation))
        try:
            while not heard or heard[-1] != GARBAGE:
                heard.append(socket.receive(5))
                if "aiResponseComplete" in str(heard[-1]):
                    return heard
        except SocketClosed as closed:
            heard.append(closed.code)
        finally:
            socket.close()
        heard.append("again")


def lived(name: str) -> tuple[Sequence[Sequence[object]], Mapping[str, int], Sequence[Injection]]:
    clock = FrozenClock()
    platform = Platform(clock=clock, seed=3, assistants={ASSISTANT: AT_ONCE_SAYING})
    with FACES[name](platform, clock) as face:
        token = face.login()
        for kind, rate in RATES.items():
            face.faults.randomly(kind, rate)
        told = [transcript(face, token, face.ask(token)) for _ in range(CONVERSATIONS)]
        return told, face.faults.injected, face.faults.log


def test_both_faces_play_the_same_faults() -> None:
    in_process, at_the_server = lived("in process"), lived("server")
    assert in_process == at_the_server
    _, injected, _ = in_process
    assert injected.keys() == RATES.keys()
