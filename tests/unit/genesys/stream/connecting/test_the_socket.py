"""The socket of answers: one for all, closed when nobody listens; silent servers and broken threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.sockets import Handshake, Socket, SocketClosed
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent
from jackfield.domain.model.errors import (
    OpenedBeforeFork,
)
from tests.unit.genesys.stream.connecting.conftest import Make
from tests.unit.genesys.stream.gateways import ANSWER, QUESTION, Desk, made


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "jackfield-stream"]


def test_a_new_gateway_has_no_thread_and_no_socket(desk: Desk) -> None:
    assert (threads(), desk.platform.snapshot()["sockets"]) == ([], 0)


def test_one_socket_and_one_thread_are_enough(desk: Desk) -> None:
    ears = [Ear() for _ in range(5)]
    for ear in ears:
        desk.ask(ear)
    for ear in ears:
        ear.until_the_end()
    assert (len(threads()), desk.platform.snapshot()["sockets"], desk.counted("connects")) == (
        1,
        1,
        ["opened"],
    )


def test_nothing_is_left_after_closing(desk: Desk) -> None:
    desk.heard()
    desk.gateway.close()
    assert (threads(), desk.platform.snapshot()["sockets"]) == ([], 0)


def test_a_token_that_expires_in_mid_stream_loses_no_piece(make: Make) -> None:
    desk = make(token_lifetime=timedelta(seconds=1))
    ear = desk.heard()
    assert (ear.text, type(ear.end)) == (ANSWER, Completed)


def test_tokens_that_are_revoked_again_and_again_lose_no_piece(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-4401", after=2)
    desk.faults.next("GET", "**", "stream-4401", after=2)
    desk.faults.next("GET", "**", "stream-4401", after=2)
    ear = desk.heard()
    resumes = sum(isinstance(each, Interrupted) for each in ear.events)
    numbers = [each.sequence for each in ear.events if isinstance(each, Chunk)]
    assert (ear.text, resumes, numbers) == (ANSWER, 3, [*range(len(numbers))])


def test_the_socket_is_closed_when_nobody_listened_for_a_minute(desk: Desk) -> None:
    desk.heard()
    (thread,) = threads()
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(timedelta(seconds=61))
    thread.join(5)
    assert (threads(), desk.platform.snapshot()["sockets"]) == ([], 0)
    assert desk.heard().text == ANSWER


def test_a_listener_that_raises_silences_nobody_else(desk: Desk) -> None:
    def broken(_: StreamEvent) -> None:
        raise ValueError("the listener's own fault")

    desk.gateway.ready(desk.ends)
    conversation = desk.gateway.ask(QUESTION, desk.ends)
    desk.gateway.listen(conversation, broken, cursor=lambda: None, ends=desk.ends)
    assert desk.heard().text == ANSWER


def test_a_gateway_can_be_closed_by_who_hears(desk: Desk) -> None:
    ear = Ear()

    def closing(event: StreamEvent) -> None:
        desk.gateway.close()
        ear.hear(event)

    desk.gateway.ready(desk.ends)
    desk.gateway.listen(desk.gateway.ask(QUESTION, desk.ends), closing, cursor=lambda: None, ends=desk.ends)
    end = ear.until_the_end()
    assert isinstance(end, Failed)
    assert end.code == "closed"


def test_many_threads_are_ready_at_once_by_one_socket(desk: Desk) -> None:
    callers = [threading.Thread(target=desk.gateway.ready, args=(desk.ends,)) for _ in range(16)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(10)
    assert desk.counted("connects") == ["opened"]


@define(eq=False)
class Silent:
    """A socket on which nothing ever comes, and a dial that opens it; waiting moves the clock."""

    clock: FrozenClock
    opened: int = 0
    sent: list[str] = field(factory=list[str])
    _closed: bool = False

    def __call__(self, handshake: Handshake) -> Silent:
        self.opened += 1
        self._closed = False
        return self

    def send(self, text: str) -> None:
        self.sent.append(text)

    def receive(self, timeout: float | None) -> str:
        if self._closed:
            raise SocketClosed
        self.clock.advance(timedelta(seconds=timeout or 0.0, microseconds=1))
        raise TimeoutError

    def close(self, code: int = 1000) -> None:
        self._closed = True


def test_a_server_that_never_says_anything_is_given_up() -> None:
    clock = FrozenClock()
    dial, ear = Silent(clock), Ear()
    gateway = made(Platform(clock=clock).send, dial, clock)
    gateway.listen(conversation := _conversation(), ear.hear, cursor=lambda: None, ends=1e6)
    end = ear.until_the_end()
    gateway.close()
    assert isinstance(end, Failed)
    assert (end.code, dial.opened, 8 * 75 <= clock.monotonic() < 10 * 75 + 40) == ("silence", 9, True)
    assert all(conversation in each for each in dial.sent)


class Babbling(Silent):
    """A socket on which only garbage comes."""

    def receive(self, timeout: float | None) -> str:
        if self._closed:
            raise SocketClosed
        return "no frame at all"


def test_a_server_that_only_babbles_is_given_up() -> None:
    clock = FrozenClock()
    dial, ear = Babbling(clock), Ear()
    gateway = made(Platform(clock=clock).send, dial, clock)
    gateway.listen(_conversation(), ear.hear, cursor=lambda: None, ends=1e6)
    end = ear.until_the_end()
    gateway.close()
    assert isinstance(end, Failed)
    assert (end.code, dial.opened) == ("garbage", 9)


def test_a_thread_that_breaks_is_heard_and_the_next_listener_has_another(desk: Desk) -> None:
    broken = [True]

    def dial(handshake: Handshake) -> Socket:
        if broken:
            raise ValueError(broken.pop())
        return desk.platform.dial(handshake)

    gateway, first, second = made(desk.platform.send, dial, desk.clock), Ear(), Ear()
    conversation = gateway.ask(QUESTION, desk.ends)
    gateway.listen(conversation, first.hear, cursor=lambda: None, ends=desk.ends)
    end = first.until_the_end()
    gateway.listen(conversation, second.hear, cursor=lambda: second.cursor, ends=desk.ends)
    second.until_the_end()
    gateway.close()
    assert isinstance(end, Failed)
    assert (end.code, second.text) == ("line", ANSWER)


def _conversation() -> Any:
    return "conv-1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_another_process_gets_none_of_it(desk: Desk) -> None:
    ear = Ear(pause_behind=1)
    line = desk.ask(ear)
    ear.until(1)
    child = os.fork()
    if child == 0:
        line.close()  # as a block that is left in the child does
        told = _is_refused(lambda: desk.gateway.ready(desk.ends)) and _is_refused(desk.gateway.close)
        os._exit(0 if told else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ear.pause_behind = None
    line.resume()
    ear.until_the_end()
    assert ear.text == ANSWER


def _is_refused(verb: Callable[[], None]) -> bool:
    try:
        verb()
    except OpenedBeforeFork:
        return True
    return False
