"""A line over a scripted wire, and what its listener heard."""

from __future__ import annotations

from threading import get_ident

import orjson
import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.stream.hearing import Hearing
from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.switchboard import Switchboard
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.sockets import SocketClosed
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, StreamEvent


@define(eq=False)
class Wire:
    """A socket that keeps what is sent, while it is open."""

    sent: list[tuple[str, int | None]] = field(factory=list[tuple[str, int | None]])
    closed: bool = False

    def send(self, text: str) -> None:
        if self.closed:
            raise SocketClosed
        frame = orjson.loads(text)
        self.sent.append((frame["type"], frame["data"].get("afterSequence")))

    def receive(self, timeout: float | None) -> str:
        raise TimeoutError

    def close(self, code: int = 1000) -> None:
        self.closed = True


@define(eq=False)
class Talk:
    """A line on a switchboard whose thread this is."""

    board: Switchboard
    wire: Wire
    ear: Ear
    line: Listening

    def say(self, *events: StreamEvent) -> None:
        for each in events:
            self.line.take(each)

    def pieces(self, first: int, behind: int) -> None:
        self.say(*(Chunk(number, f"{number} ") for number in range(first, behind)))


@pytest.fixture
def talk() -> Talk:
    board, wire, ear = Switchboard(FrozenClock(), Telling()), Wire(), Ear()
    board.ident, board.socket = get_ident(), wire
    line = Listening("conv-1", Hearing(ear.hear), lambda: ear.cursor, 600, board)
    board.roll.add(line)
    line.begin(wire)
    return Talk(board, wire, ear, line)


END = Completed(5, None)
