"""Sockets without a network: on a clock that stands, and on one that runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock, ShiftedClock
from jackfield.adapters.simulator import AT_ONCE, Assistant, Pace, Platform, Scripted, StreamRules
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket, SocketClosed
from tests.unit.simulator.faces import ASSISTANT, Face, in_process, subscription

SLOW = Pace(first=timedelta(seconds=1), shortest=timedelta(seconds=2), longest=timedelta(seconds=2))
QUICK = Pace(first=timedelta(milliseconds=30), shortest=timedelta(), longest=timedelta())


def saying(pace: Pace) -> Assistant:
    return Assistant(scripts=[Scripted(text="one two three four five six seven eight")], pace=pace)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def face(clock: FrozenClock) -> Iterator[Face]:
    with in_process(Platform(clock=clock, assistants={ASSISTANT: saying(SLOW)}), clock) as opened:
        yield opened


@pytest.fixture
def token(face: Face) -> str:
    return face.login()


@pytest.fixture
def socket(face: Face, token: str) -> Socket:
    return face.open(token)


def running(pace: Pace) -> tuple[Platform, Handshake, str]:
    """A platform on a clock that runs, with a conversation that was begun."""
    clock = ShiftedClock()
    platform = Platform(clock=clock, assistants={ASSISTANT: saying(pace)})
    with in_process(platform, FrozenClock()) as face:
        token = face.login()
        conversation = face.ask(token)
    headers = {"Authorization": f"Bearer {token}"}
    return platform, Handshake(url="ws://host/api/v2/conversations", headers=headers), conversation


def in_a_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    told = list[object]()

    def run() -> None:
        try:
            told.append(work())
        except (HandshakeRefused, SocketClosed, TimeoutError) as error:
            told.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, told


def test_waiting_for_an_answer_moves_the_clock_to_each_piece(
    face: Face, token: str, socket: Socket, clock: FrozenClock
) -> None:
    socket.send(subscription(face.ask(token)))
    told = [(socket.receive(10), clock.monotonic())[1] for _ in range(3)]
    assert told == [1.0, 3.0, 5.0]


def test_a_wait_that_is_too_short_moves_the_clock_by_itself(
    face: Face, token: str, socket: Socket, clock: FrozenClock
) -> None:
    socket.send(subscription(face.ask(token)))
    with pytest.raises(TimeoutError):
        socket.receive(0.25)
    assert clock.monotonic() == 0.25


def test_the_pieces_count_from_the_question_not_from_the_subscription(
    face: Face, token: str, socket: Socket, clock: FrozenClock
) -> None:
    conversation = face.ask(token)
    clock.advance(timedelta(seconds=4))
    socket.send(subscription(conversation))
    sequences = [orjson.loads(socket.receive(0))["data"]["sequence"] for _ in range(2)]
    assert sequences == [0, 1]
    with pytest.raises(TimeoutError):
        socket.receive(0)


def test_waiting_on_an_idle_line_leaves_the_clock_alone(socket: Socket, clock: FrozenClock) -> None:
    with pytest.raises(TimeoutError):
        socket.receive(0.05)
    assert clock.monotonic() == 0


def test_who_waits_on_an_idle_line_hears_that_the_clock_was_moved(socket: Socket, clock: FrozenClock) -> None:
    thread, told = in_a_thread(lambda: socket.receive(None))
    clock.advance(timedelta(seconds=30))
    thread.join(10)
    assert told == ['{"type":"heartbeat"}']


def test_silence_takes_as_long_as_one_waits(
    face: Face, token: str, socket: Socket, clock: FrozenClock
) -> None:
    face.faults.next("GET", "**", "stream-silence")
    socket.send(subscription(face.ask(token)))
    with pytest.raises(TimeoutError):
        socket.receive(75)
    assert clock.monotonic() == 75


def test_another_thread_that_subscribes_wakes_who_waits(face: Face, token: str, socket: Socket) -> None:
    thread, told = in_a_thread(lambda: socket.receive(None))
    socket.send(subscription(face.ask(token)))
    thread.join(10)
    assert '"sequence":0' in str(told)


def test_another_thread_that_closes_wakes_who_waits(socket: Socket) -> None:
    thread, told = in_a_thread(lambda: socket.receive(None))
    socket.close(1001)
    thread.join(10)
    assert [each.code for each in told if isinstance(each, SocketClosed)] == [1001]


def test_a_clock_that_runs_is_waited_for() -> None:
    platform, handshake, conversation = running(QUICK)
    socket = platform.dial(handshake)
    socket.send(subscription(conversation))
    assert '"sequence":0' in str(socket.receive(5))


def test_a_clock_that_runs_may_be_moved_on_too() -> None:
    platform, handshake, conversation = running(Pace(first=timedelta(hours=1)))
    socket = platform.dial(handshake)
    socket.send(subscription(conversation))
    with pytest.raises(TimeoutError):
        socket.receive(0.05)
    thread, told = in_a_thread(lambda: socket.receive(None))
    assert isinstance(platform.clock, ShiftedClock)
    platform.clock.advance(timedelta(hours=1))
    thread.join(10)
    assert '"sequence":0' in str(told)


def test_without_faults_the_platform_dials_itself(face: Face, token: str) -> None:
    face.platform.script(ASSISTANT, saying(AT_ONCE))
    headers = {"authorization": f"bearer {token}"}
    url = "wss://api.mypurecloud.de/api/v2/conversations"
    socket = face.platform.dial(Handshake(url=url, headers=headers))
    socket.send(subscription(face.ask(token)))
    assert '"content":"one' in str(socket.receive(1))


def test_the_same_seed_makes_the_same_answers_in_the_same_time() -> None:
    def heard(seed: int) -> list[tuple[float, object]]:
        clock = FrozenClock()
        platform = Platform(clock=clock, seed=seed)
        with in_process(platform, clock) as face:
            token = face.login()
            socket = face.open(token)
            asked = [face.ask(token) for _ in range(3)]
            for conversation in asked:
                socket.send(subscription(conversation))
            return [
                (clock.monotonic(), {**orjson.loads(socket.receive(9))["data"], "conversationId": ""})
                for _ in range(30)
            ]

    assert heard(3) == heard(3)
    assert heard(3) != heard(4)


def test_threads_that_open_sockets_at_once_are_limited_together(clock: FrozenClock) -> None:
    platform = Platform(clock=clock, streams=StreamRules(sockets=5))
    with in_process(platform, clock) as face:
        token = face.login()
        threads = [in_a_thread(lambda: face.open(token)) for _ in range(16)]
        for thread, _ in threads:
            thread.join(10)
    assert platform.snapshot()["sockets"] == 5
    assert sum(not isinstance(told[0], HandshakeRefused) for _, told in threads) == 5
