"""Having a socket: with whose token, after which refusals, and for how long."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.assistants import GenesysAssistants
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Platform, StreamRules
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket, SocketClosed
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    JackfieldError,
    OpenedBeforeFork,
    PermissionDenied,
    PlatformRejected,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.stream.gateways import ANSWER, ASSISTANT, QUESTION, SAYING, Desk, in_process, made

STREAM = "/api/v2/conversations"
Make = Callable[..., Desk]


@pytest.fixture
def make() -> Generator[Make]:
    with ExitStack() as opened:

        def made_desk(rules: StreamRules | None = None, **options: Any) -> Desk:
            clock = FrozenClock()
            platform = Platform(
                clock=clock, assistants={ASSISTANT: SAYING}, streams=rules or StreamRules(), **options
            )
            return opened.enter_context(in_process(platform, clock))

        yield made_desk


@pytest.fixture
def desk(make: Make) -> Desk:
    return make()


def refused(desk: Desk, kind: type[JackfieldError], within: timedelta = timedelta(minutes=10)) -> str:
    with pytest.raises(kind) as error:
        desk.gateway.ready(desk.clock.monotonic() + within.total_seconds())
    return str(error.value)


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


@pytest.mark.parametrize("kind", ["503", "drop", "504", "refused"])
def test_a_platform_that_fails_for_a_moment_is_asked_again(kind: str, desk: Desk) -> None:
    desk.faults.next("GET", STREAM, kind, times=3)
    desk.gateway.ready(desk.ends)
    assert len(desk.counted("connects")) == 4


def test_nobody_waits_long_for_a_platform_that_fails(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "503", times=50)
    assert "503" in refused(desk, Unavailable)
    assert desk.counted("connects")[:4] == ["Unavailable"] * 4


def test_a_throttled_handshake_waits_as_long_as_it_is_told(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=20)
    before = desk.clock.monotonic()
    desk.gateway.ready(desk.ends)
    assert 20 <= desk.clock.monotonic() - before < 23


def test_a_throttled_handshake_is_told_at_once_if_the_wait_is_too_long(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=20, times=9)
    with pytest.raises(RateLimited) as error:
        desk.gateway.ready(desk.clock.monotonic() + 10)
    assert error.value.retry_after == timedelta(seconds=20)


def test_a_day_is_not_waited_for(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=86_400)
    refused(desk, RateLimited, within=timedelta(days=3))


def test_too_many_sockets_are_a_throttled_handshake(make: Make) -> None:
    desk = make(StreamRules(sockets=1))
    other = made(desk.platform.send, desk.platform.dial, desk.clock)
    desk.gateway.ready(desk.ends)
    with pytest.raises(RateLimited):
        other.ready(desk.clock.monotonic() + 1)
    other.close()


def test_a_missing_scope_is_named(desk: Desk) -> None:
    desk.platform.grant("client", ["ai:assistant:write"])
    assert "conversation:read" in refused(desk, PermissionDenied)


def test_a_scope_that_was_added_helps(desk: Desk) -> None:
    desk.platform.grant("client", ["ai:assistant:write"])
    refused(desk, PermissionDenied)
    desk.platform.grant("client", None)
    desk.gateway.ready(desk.ends)


def test_a_scope_that_was_lost_in_mid_stream_ends_the_answers(desk: Desk) -> None:
    ear = Ear(pause_behind=2)
    line = desk.ask(ear)
    ear.until(2)
    desk.platform.grant("client", ["ai:assistant:write"])
    desk.platform.revoke_tokens()
    ear.pause_behind = None
    line.resume()
    end = ear.until_the_end()
    assert isinstance(end, Failed)
    assert end.code == "forbidden"
    assert "conversation:read" in end.detail


def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "401")
    desk.gateway.ready(desk.ends)
    assert desk.counted("connects") == ["opened"]


def test_a_token_that_is_refused_twice_is_no_good(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "401", times=2)
    refused(desk, AuthenticationFailed)


def test_a_fixed_token_is_tried_once(desk: Desk) -> None:
    fixed = made(
        desk.platform.send,
        desk.platform.dial,
        desk.clock,
        tokens=lambda _: FixedToken(Secret("nobody-knows")),
    )
    with pytest.raises(AuthenticationFailed):
        fixed.ready(desk.ends)
    fixed.close()


def test_a_client_that_is_refused_gives_way_to_another(desk: Desk) -> None:
    clock, where = desk.clock, hosts(base_url="http://simulator")
    policy = Policy(desk.platform.send, clock)
    good = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    lanes = [policy.lane(FixedToken(Secret("nobody-knows"))), policy.lane(good)]
    gateway = GenesysAssistants(Client(policy, lanes, where), desk.platform.dial, clock)
    with pytest.raises(AuthenticationFailed):
        gateway.ready(desk.ends)
    gateway.ready(desk.ends)
    gateway.ask(QUESTION, desk.ends)
    gateway.close()


def test_the_conversation_is_begun_by_the_client_that_listens(make: Make) -> None:
    desk = make(StreamRules(private=True))
    clock, where = desk.clock, hosts(base_url="http://simulator")
    policy = Policy(desk.platform.send, clock)
    lanes = [
        policy.lane(Tokens(policy.login(), where, Credentials(name, Secret("secret")), clock))
        for name in ("one", "two", "three")
    ]
    gateway = GenesysAssistants(Client(policy, lanes, where), desk.platform.dial, clock)
    ends = [Desk(gateway, desk.platform, clock, desk.faults, []).heard().end for _ in range(6)]
    gateway.close()
    assert {type(each) for each in ends} == {Completed}


def test_another_answer_is_a_refusal(desk: Desk) -> None:
    def redirect(handshake: Handshake) -> Socket:
        raise HandshakeRefused(Response(status=302, headers={"location": "https://elsewhere.example"}))

    gateway = made(desk.platform.send, redirect, desk.clock)
    with pytest.raises(PlatformRejected):
        gateway.ready(desk.ends)
    gateway.close()


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
