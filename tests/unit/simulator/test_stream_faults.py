"""Faults of the stream: the same in process and behind a socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
from attrs import frozen

from jackfield.adapters.simulator import Faults
from jackfield.adapters.simulator.faults import KINDS, Injection
from jackfield.adapters.sockets import HandshakeRefused, Socket, SocketClosed
from jackfield.domain.model.errors import Unavailable
from tests.unit.simulator.faces import (
    ANSWER,
    ASSISTANT,
    STREAM,
    Face,
    heard,
    said,
    sequences,
    subscription,
)

SOME: Final = 3


@frozen
class Talk:
    """A conversation that was begun, and the platform that has it."""

    face: Face
    token: str
    conversation: str

    @property
    def faults(self) -> Faults:
        return self.face.faults

    def open(self, **options: Any) -> Socket:
        return self.face.open(self.token, **options)

    def strike(self, kind: str, after: int = SOME) -> tuple[list[str], int | None]:
        """Let a fault meet a frame; return what is heard."""
        self.faults.next("GET", "**", kind, after=after)
        told = until_the_end(self.open(), self.conversation)
        assert self.faults.injected == {kind: 1}
        return told


@pytest.fixture
def talk(face: Face) -> Talk:
    token = face.login()
    return Talk(face, token, face.ask(token))


@pytest.fixture
def whole(talk: Talk) -> list[dict[str, Any]]:
    """The frames of the answer when nothing is wrong."""
    return heard(talk.open(), talk.conversation)


def until_the_end(socket: Socket, conversation: str) -> tuple[list[str], int | None]:
    """Subscribe; return the frames that came, and the code of the close, None if nothing more came."""
    socket.send(subscription(conversation))
    frames = list[str]()
    try:
        while True:
            frames.append(str(socket.receive(0.15)))
    except TimeoutError:
        return frames, None
    except SocketClosed as closed:
        return frames, closed.code


def read(frames: list[str]) -> list[Any]:
    return [orjson.loads(each) for each in frames]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("stream-drop", 1006),
        ("stream-1000", 1000),
        ("stream-1001", 1001),
        ("stream-1006", 1006),
        ("stream-4401", 4401),
        ("stream-huge", 1009),
        ("stream-silence", None),
    ],
)
def test_a_stream_ends_in_the_middle(
    kind: str, code: int | None, talk: Talk, whole: list[dict[str, Any]]
) -> None:
    frames, ended = talk.strike(kind)
    assert (len(frames), ended) == (SOME, code)


@pytest.mark.parametrize("kind", ["stream-drop", "stream-1000", "stream-1001", "stream-1006"])
def test_an_answer_that_was_cut_is_taken_up_without_a_gap(
    kind: str, talk: Talk, whole: list[dict[str, Any]]
) -> None:
    talk.faults.next("GET", "**", kind, after=SOME)
    frames, _ = until_the_end(talk.open(), talk.conversation)
    rest = heard(talk.open(), talk.conversation, after=SOME - 1)
    assert sequences([*read(frames), *rest]) == sequences(whole)


def test_the_end_of_an_answer_can_be_lost_as_well(talk: Talk, whole: list[dict[str, Any]]) -> None:
    frames, ended = talk.strike("stream-drop", after=len(whole) - 1)
    assert (said(read(frames)), ended) == (ANSWER, 1006)


def test_a_piece_is_repeated(talk: Talk, whole: list[dict[str, Any]]) -> None:
    frames, _ = talk.strike("stream-repeat")
    assert read(frames) == [*whole[: SOME + 1], *whole[SOME:]]


def test_two_pieces_change_places(talk: Talk, whole: list[dict[str, Any]]) -> None:
    frames, _ = talk.strike("stream-reorder")
    numbers = sequences(read(frames))
    assert numbers == [*range(SOME), SOME + 1, SOME, *range(SOME + 2, len(whole))]


def test_the_last_piece_stays_before_the_end(talk: Talk, whole: list[dict[str, Any]]) -> None:
    talk.faults.randomly("stream-reorder", 1)
    numbers = sequences(heard(talk.open(), talk.conversation))
    assert numbers[-1] == len(whole) - 1
    assert sorted(numbers) == sequences(whole)
    assert numbers != sequences(whole)


def test_an_error_ends_the_answer_however_often_it_is_heard(talk: Talk, whole: list[dict[str, Any]]) -> None:
    talk.faults.next("GET", "**", "stream-error", after=SOME)
    first = heard(talk.open(), talk.conversation)
    assert (len(first), first[-1]["data"]["code"]) == (SOME + 1, "internal.server.error")
    assert heard(talk.open(), talk.conversation) == first


def test_the_safety_policy_ends_the_answer_however_often_it_is_heard(
    talk: Talk, whole: list[dict[str, Any]]
) -> None:
    talk.faults.next("GET", "**", "stream-safety", after=SOME)
    first = heard(talk.open(), talk.conversation)
    end = first[-1]["data"]
    assert (end["sequence"], end["safetyPolicyTriggered"]) == (SOME, True)
    assert end["usage"]["completionTokens"] == -(-len(said(first)) // 4)
    assert heard(talk.open(), talk.conversation, after=SOME + 5) == first[-1:]


def test_a_reset_forgets_which_answers_were_ended(talk: Talk) -> None:
    talk.faults.end("conv-1", 2, "stream-error")
    talk.faults.forget()
    assert talk.faults.ended("conv-1") is None


def test_garbage_takes_a_pieces_place(talk: Talk, whole: list[dict[str, Any]]) -> None:
    frames, _ = talk.strike("stream-garbage")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(frames[SOME])
    assert read(frames[:SOME] + frames[SOME + 1 :]) == whole[:SOME] + whole[SOME + 1 :]


def test_a_frame_of_unknown_type_comes_in_between(talk: Talk, whole: list[dict[str, Any]]) -> None:
    frames, _ = talk.strike("stream-unknown")
    assert orjson.loads(frames[SOME])["type"] == "agentTyping"
    assert read(frames[:SOME] + frames[SOME + 1 :]) == whole


def test_silence_holds_back_heartbeats_and_refusals_too(talk: Talk) -> None:
    talk.faults.next("GET", "**", "stream-silence")
    socket = talk.open()
    assert until_the_end(socket, talk.conversation) == ([], None)
    talk.face.clock.advance(timedelta(seconds=61))
    assert until_the_end(socket, "conv-1") == ([], None)


def test_a_huge_frame_is_over_a_mebibyte_and_says_the_same(talk: Talk, whole: list[dict[str, Any]]) -> None:
    talk.faults.next("GET", "**", "stream-huge")
    socket = talk.open(largest_bytes=1 << 22)
    socket.send(subscription(talk.conversation))
    frame = socket.receive(5)
    assert len(frame) > 1 << 20
    assert orjson.loads(frame)["data"] == whole[0]["data"]


def test_a_token_that_a_fault_let_expire_opens_no_socket(talk: Talk) -> None:
    talk.faults.next("GET", "**", "stream-4401")
    assert until_the_end(talk.open(), talk.conversation) == ([], 4401)
    with pytest.raises(HandshakeRefused) as refused:
        talk.open()
    assert refused.value.response.status == 401
    assert said(heard(talk.face.open(talk.face.login()), talk.conversation)) == ANSWER


def test_a_token_that_a_fault_revoked_closes_its_socket(talk: Talk) -> None:
    socket = talk.open()
    talk.faults.next("POST", "**", "revoked")
    talk.face.call("POST", "/api/v2/ai/llm/prompts", {}, token=talk.token)
    with pytest.raises(SocketClosed) as closed:
        socket.receive(5)
    assert closed.value.code == 4401


@pytest.mark.parametrize(
    ("kind", "seconds", "again"), [("429", 7, "7"), ("429", None, None), ("503", None, None)]
)
def test_a_handshake_is_refused(kind: str, seconds: float | None, again: str | None, talk: Talk) -> None:
    talk.faults.next("GET", STREAM, kind, seconds=seconds)
    with pytest.raises(HandshakeRefused) as refused:
        talk.open()
    response = refused.value.response
    assert (response.status, response.headers.get("retry-after")) == (int(kind), again)
    talk.open()


def test_nobody_answers_a_handshake_that_is_dropped(talk: Talk) -> None:
    talk.faults.next("GET", STREAM, "drop")
    with pytest.raises(Unavailable):
        talk.open()


def test_a_handshake_can_be_too_slow(talk: Talk) -> None:
    talk.faults.next("GET", STREAM, "slow", seconds=0.4)
    with pytest.raises(Unavailable):
        talk.open(timeout=timedelta(seconds=0.2))


def test_a_handshake_can_be_slow(talk: Talk) -> None:
    talk.faults.next("GET", STREAM, "slow", seconds=0.1)
    assert said(heard(talk.open(), talk.conversation)) == ANSWER
    assert talk.faults.injected == {"slow": 1}


def test_random_faults_of_a_stream_are_those_of_its_conversation(talk: Talk) -> None:
    asked = [talk.face.ask(talk.token) for _ in range(4)]
    talk.faults.randomly("stream-repeat", 0.3)
    for conversation in (asked[2], asked[0], asked[3], asked[1]):
        heard(talk.open(), conversation)
    met = {(each.key, each.n) for each in talk.faults.log}
    talk.faults.clear()
    talk.faults.randomly("stream-repeat", 0.3)
    for conversation in asked:
        heard(talk.open(), conversation)
    assert {(each.key, each.n) for each in talk.faults.log} == met
    assert met


def test_faults_of_calls_and_of_streams_do_not_meet_one_another(talk: Talk) -> None:
    for kind in KINDS:
        talk.faults.next("GET", f"/api/v2/ai/assistants/{ASSISTANT}/conversations/*", kind)
    until_the_end(talk.open(), talk.conversation)
    assert talk.faults.injected
    assert all(kind.startswith("stream-") for kind in talk.faults.injected)


def test_what_struck_a_stream_is_told(talk: Talk) -> None:
    talk.faults.next("GET", "**", "stream-repeat", after=2)
    heard(talk.open(), talk.conversation)
    route = "GET /api/v2/ai/assistants/*/conversations/*"
    assert talk.faults.log == (Injection(route, f"{ASSISTANT}/0", 3, "stream-repeat"),)
