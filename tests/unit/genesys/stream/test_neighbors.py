"""Conversations that share a socket: what one of them meets is not the others' fault."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.assistants import GenesysAssistants
from jackfield.adapters.simulator import Platform
from jackfield.adapters.sockets import Handshake, SocketClosed
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Completed, Failed, Interrupted, StreamEvent
from jackfield.ports.assistants import ConversationId
from tests.unit.genesys.stream.gateways import made

TOO_LARGE = 1009
Say = Callable[["Shared", str, int | None], None]


def chunk(conversation: str, sequence: int | None, content: str) -> str:
    number = {} if sequence is None else {"sequence": sequence}
    data = {"conversationId": conversation, "content": content, **number}
    return orjson.dumps({"type": "aiResponseChunk", "data": data}).decode()


def done(conversation: str, sequence: int | None) -> str:
    number = {} if sequence is None else {"sequence": sequence}
    data = {"conversationId": conversation, "safetyPolicyTriggered": False, **number}
    return orjson.dumps({"type": "aiResponseComplete", "data": data}).decode()


ERROR_OF_NOBODY = '{"type":"error","data":{"code":"bad.request","message":"unknown type"}}'


@define(eq=False)
class Shared:
    """A server's end of one socket; waiting moves the clock."""

    server: Server
    asked: list[str] = field(factory=list[str])
    _arrived: deque[str | int] = field(factory=deque[str | int])

    def send(self, text: str) -> None:
        frame: dict[str, Any] = orjson.loads(text)
        if frame["type"] == "unsubscribe":
            self.server.unsubscribed(self)
            return
        self.asked.append(frame["data"]["conversationId"])
        self.server.say(self, frame["data"]["conversationId"], frame["data"].get("afterSequence"))

    def put(self, *messages: str | int) -> None:
        self._arrived.extend(messages)

    def receive(self, timeout: float | None) -> str:
        if not self._arrived:
            self.server.clock.advance(timedelta(seconds=timeout or 0.0, microseconds=1))
            raise TimeoutError
        message = self._arrived.popleft()
        if isinstance(message, int):
            raise SocketClosed(message)
        return message

    def close(self, code: int = 1000) -> None:
        self._arrived.clear()


@define(eq=False)
class Server:
    """What opens sockets, from when the test says so."""

    clock: FrozenClock
    say: Say
    unsubscribed: Callable[[Shared], None] = lambda _: None
    may_open: threading.Event = field(factory=threading.Event)
    sockets: list[Shared] = field(factory=list[Shared])

    def __call__(self, handshake: Handshake) -> Shared:
        self.may_open.wait(10)
        self.sockets.append(Shared(self))
        return self.sockets[-1]


@define(eq=False)
class Room:
    """Conversations that are listened to before the socket is opened."""

    clock: FrozenClock
    server: Server
    gateway: GenesysAssistants
    ears: dict[str, Ear] = field(factory=dict[str, Ear])

    def listen(self, *conversations: str) -> None:
        for each in conversations:
            self._listen(each)
        self.server.may_open.set()

    def _listen(self, conversation: str) -> None:
        ear = self.ears[conversation] = Ear()
        self.gateway.listen(ConversationId(conversation), ear.hear, cursor=lambda: ear.cursor, ends=100_000)

    def ended(self, conversation: str) -> tuple[str, str]:
        """What was heard of it, and the name or the code of its end."""
        end = self.ears[conversation].until_the_end()
        return self.ears[conversation].text, end.code if isinstance(end, Failed) else type(end).__name__


Make = Callable[[Say], Room]


@pytest.fixture
def make() -> Generator[Make]:
    rooms = list[Room]()

    def made_room(say: Say) -> Room:
        clock = FrozenClock()
        server = Server(clock, say)
        rooms.append(Room(clock, server, made(Platform(clock=clock).send, server, clock, jitter=lambda: 0.0)))
        return rooms[-1]

    yield made_room
    for each in rooms:
        each.server.may_open.set()
        each.gateway.close()


def test_half_a_frame_of_a_server_without_numbers_is_told_to_whom_it_names(make: Make) -> None:
    def say(server: Shared, conversation: str, _: int | None) -> None:
        if conversation == "whole":
            server.put(chunk("cut", None, "not "), chunk("cut", None, "XX")[:-4], chunk("cut", None, "paid"))
            server.put(done("cut", None), chunk("whole", None, "paid"), done("whole", None))

    room = make(say)
    room.listen("cut", "whole")
    assert (room.ended("cut"), room.ended("whole")) == (("not ", "garbage"), ("paid", "Completed"))
    assert Interrupted(False) in room.ears["cut"].events


def test_a_frame_that_names_nobody_is_told_to_all_who_know_no_numbers(make: Make) -> None:
    def say(server: Shared, conversation: str, _: int | None) -> None:
        if conversation == "numbered":
            server.put(
                chunk("a", None, "a"), chunk("b", None, "b"), chunk("numbered", 0, "whole"), '{"type":'
            )
            server.put(done("a", None), done("b", None), done("numbered", 1))

    room = make(say)
    room.listen("a", "b", "numbered")
    assert [room.ended(each) for each in ("a", "b", "numbered")] == [
        ("a", "garbage"),
        ("b", "garbage"),
        ("whole", "Completed"),
    ]


def test_who_closes_at_the_end_sends_nothing_that_could_harm_its_neighbor(make: Make) -> None:
    def say(server: Shared, conversation: str, _: int | None) -> None:
        if conversation == "long":
            server.put(chunk("short", 0, "x"), done("short", 1))
            server.put(chunk("long", 0, "a "), chunk("long", 1, "b"), done("long", 2))

    room, unsubscribed = make(say), list[Shared]()
    room.server.unsubscribed = unsubscribed.append
    closing = Ear()

    def close_at_the_end(event: StreamEvent) -> None:
        if isinstance(event, Completed):
            lines[0].close()
        closing.events.append(event)

    lines = [room.gateway.listen(ConversationId("short"), close_at_the_end, cursor=lambda: None, ends=1e5)]
    room.listen("long")
    assert room.ended("long") == ("a b", "Completed")
    assert unsubscribed == []


def test_an_error_of_nobody_after_another_was_closed_is_not_the_last_ones(make: Make) -> None:
    def say(server: Shared, conversation: str, _: int | None) -> None:
        if conversation == "long":
            server.put(chunk("canceled", 0, "x"))

    room = make(say)
    canceling = Ear()

    def cancel(event: StreamEvent) -> None:
        canceling.hear(event)
        lines[0].close()

    def refuse(server: Shared) -> None:
        server.put(ERROR_OF_NOBODY, chunk("long", 0, "a"), done("long", 1))

    room.server.unsubscribed = refuse
    lines = [room.gateway.listen(ConversationId("canceled"), cancel, cursor=lambda: None, ends=1e5)]
    room.listen("long")
    assert room.ended("long") == ("a", "Completed")


def test_an_error_of_nobody_is_of_the_only_one_there_is(make: Make) -> None:
    def say(server: Shared, _: str, after: int | None) -> None:
        server.put(ERROR_OF_NOBODY)

    room = make(say)
    room.listen("only")
    assert room.ended("only") == ("", "bad.request")


@pytest.mark.parametrize("neighbors", [0, 1, 2, 9])
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_frame_that_is_too_long_ends_its_own_answer_alone(neighbors: int, place: str, make: Make) -> None:
    def say(server: Shared, conversation: str, after: int | None) -> None:
        if conversation == "long":
            server.put(*([chunk("long", 0, "a")] if after is None else []), TOO_LARGE)
        else:
            behind = -1 if after is None else after
            server.put(*[chunk(conversation, n, "b") for n in range(behind + 1, 3)], done(conversation, 3))

    room = make(say)
    others = [f"other-{number}" for number in range(neighbors)]
    room.listen(*(["long", *others] if place == "first" else [*others, "long"]))
    assert room.ended("long") == ("a", "too.long")
    assert {room.ended(each) for each in others} <= {("bbb", "Completed")}


def test_among_answers_that_are_slow_the_one_whose_frame_is_too_long_is_found(make: Make) -> None:
    """Nobody ends before it is found, and some came only when few were taken up."""

    def say(server: Shared, conversation: str, after: int | None) -> None:
        if conversation == "long":
            server.put(TOO_LARGE)
        elif "long" in room.ears and room.ears["long"].end is not None:
            found_at.append(room.clock.monotonic())
            server.put(chunk(conversation, 0, "b"), done(conversation, 1))

    room, found_at = make(say), list[float]()
    others = [f"other-{number}" for number in range(100)]
    room.listen(*others[:60], "long", *others[60:])
    assert room.ended("long") == ("", "too.long")
    assert ["long"] in [each.asked for each in room.server.sockets]
    assert {room.ended(each) for each in others} == {("b", "Completed")}
    assert len(room.server.sockets) <= 9
    assert found_at[0] < 20


def test_who_is_new_while_one_is_alone_on_trial_waits_for_that(make: Make) -> None:
    def say(server: Shared, conversation: str, _: int | None) -> None:
        server.put(TOO_LARGE if conversation == "long" else done(conversation, 0))

    room, ear = make(say), Ear()

    def hear(event: StreamEvent) -> None:
        if isinstance(event, Interrupted) and len(room.server.sockets) == 3:
            room.listen("new")
        ear.hear(event)

    room.gateway.listen(ConversationId("long"), hear, cursor=lambda: None, ends=100_000)
    room.server.may_open.set()
    assert isinstance(end := ear.until_the_end(), Failed)
    assert (end.code, room.ended("new")) == ("too.long", ("", "Completed"))
    assert [each.asked for each in room.server.sockets] == [["long"], ["long"], ["long"], ["new"]]
