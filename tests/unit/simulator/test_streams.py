"""The stream of answers: the same in process and behind a socket."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from jackfield.adapters.simulator import AT_ONCE, Assistant, Scripted, StreamRules
from jackfield.adapters.sockets import Socket, SocketClosed
from tests.unit.simulator.faces import (
    ANSWER,
    ASSISTANT,
    Face,
    Make,
    heard,
    said,
    sequences,
    subscription,
)


def error_of(socket: Socket, frame: str) -> tuple[str, str | None]:
    socket.send(frame)
    told = orjson.loads(socket.receive(5))
    assert told["type"] == "error"
    return told["data"]["code"], told["data"].get("conversationId")


def closed_with(socket: Socket) -> int:
    try:
        while True:
            socket.receive(5)
    except SocketClosed as closed:
        return closed.code


def next_end(socket: Socket) -> str:
    """Return the conversation whose answer ends next."""
    while True:
        frame = orjson.loads(socket.receive(5))
        if frame["type"] == "aiResponseComplete":
            return str(frame["data"]["conversationId"])


def test_an_answer_comes_whole_and_in_order(face: Face, token: str, socket: Socket) -> None:
    frames = heard(socket, face.ask(token))
    assert (said(frames), sequences(frames)) == (ANSWER, [*range(len(frames))])


def test_an_answer_may_be_asked_for_before_or_after_the_socket_is_open(face: Face, token: str) -> None:
    conversation = face.ask(token)
    assert said(heard(face.open(token), conversation)) == ANSWER


def test_the_end_tells_the_tokens_by_four_code_points(face: Face, token: str, socket: Socket) -> None:
    end = heard(socket, face.ask(token, "é" * 9))[-1]["data"]
    assert (end["usage"], end["safetyPolicyTriggered"]) == (
        {"promptTokens": 3, "completionTokens": -(-len(ANSWER) // 4)},
        False,
    )


def test_an_answer_stops_at_its_limit(face: Face, token: str, socket: Socket) -> None:
    frames = heard(socket, face.ask(token, limit=5))
    assert (said(frames), frames[-1]["data"]["usage"]["completionTokens"]) == (ANSWER[:20], 5)


def test_a_script_can_trigger_the_safety_policy(face: Face, token: str, socket: Socket) -> None:
    script = Scripted(text="I cannot help with that.", safety=True)
    face.platform.script(ASSISTANT, Assistant(scripts=(script,), pace=AT_ONCE))
    assert heard(socket, face.ask(token))[-1]["data"]["safetyPolicyTriggered"] is True


def test_a_script_can_end_in_an_error(face: Face, token: str, socket: Socket) -> None:
    script = Scripted(text="One moment", error="model.overloaded")
    face.platform.script(ASSISTANT, Assistant(scripts=(script,), pace=AT_ONCE))
    conversation = face.ask(token)
    frames = heard(socket, conversation)
    assert (said(frames), frames[-1]) == (
        "One moment",
        {
            "type": "error",
            "data": {
                "conversationId": conversation,
                "code": "model.overloaded",
                "message": "The server encountered an unexpected condition.",
            },
        },
    )


def test_a_socket_goes_on_behind_the_piece_that_was_heard_last(face: Face, token: str) -> None:
    conversation = face.ask(token)
    whole = heard(face.open(token), conversation)
    assert heard(face.open(token), conversation, after=2) == whole[3:]


def test_the_end_comes_again_for_who_has_heard_everything(face: Face, token: str, socket: Socket) -> None:
    conversation = face.ask(token)
    whole = heard(socket, conversation)
    assert heard(socket, conversation, after=len(whole) + 7) == whole[-1:]


def test_several_answers_come_on_one_socket(face: Face, token: str, socket: Socket) -> None:
    asked = [face.ask(token) for _ in range(3)]
    for conversation in asked:
        socket.send(subscription(conversation))
    pieces = dict.fromkeys(asked, "")
    ends = 0
    while ends < 3:
        frame = orjson.loads(socket.receive(5))
        ends += frame["type"] == "aiResponseComplete"
        pieces[frame["data"]["conversationId"]] += frame["data"].get("content", "")
    assert list(pieces.values()) == [ANSWER] * 3


def test_an_answer_is_kept_for_ten_minutes_behind_its_end(face: Face, token: str, socket: Socket) -> None:
    conversation = face.ask(token)
    face.clock.advance(timedelta(minutes=10))
    assert said(heard(face.open(token), conversation)) == ANSWER
    face.clock.advance(timedelta(seconds=1))
    assert heard(face.open(token), conversation)[-1]["data"]["code"] == "closed"


def test_an_unknown_conversation_is_not_found(socket: Socket) -> None:
    assert error_of(socket, subscription("conv-1")) == ("not.found", "conv-1")


@pytest.mark.parametrize("after", [-2, "3", 1.5, True, []])
def test_a_sequence_that_is_none_is_refused(after: object, face: Face, token: str, socket: Socket) -> None:
    conversation = face.ask(token)
    assert error_of(socket, subscription(conversation, after)) == ("invalid.value", conversation)


@pytest.mark.parametrize(
    "frame",
    [
        *("", "hello", "[]", "{}", '{"type":1}', '{"type":"subscribe"}', '{"type":"subscribe","data":[]}'),
        '{"type":"subscribe","data":{"conversationId":7}}',
        '{"type":"shout","data":{"conversationId":"c"}}',
    ],
)
def test_a_frame_that_says_nothing_is_refused_and_the_socket_stays(
    frame: str, face: Face, token: str, socket: Socket
) -> None:
    assert error_of(socket, frame) == ("bad.request", None)
    assert said(heard(socket, face.ask(token))) == ANSWER


def test_there_is_a_limit_of_subscriptions(make: Make) -> None:
    face = make(StreamRules(subscriptions=2))
    face.platform.script(ASSISTANT, Assistant())
    token = face.login()
    first, second, third = (face.ask(token) for _ in range(3))
    socket = face.open(token)
    for conversation in (first, second, second):
        socket.send(subscription(conversation))
    assert error_of(socket, subscription(third)) == ("too.many.subscriptions", third)
    socket.send(orjson.dumps({"type": "unsubscribe", "data": {"conversationId": first}}).decode())
    socket.send(subscription(third))
    assert error_of(socket, "") == ("bad.request", None)  # all of it has arrived
    face.clock.advance(timedelta(minutes=1))
    assert {next_end(socket), next_end(socket)} == {second, third}


def test_only_who_began_a_private_conversation_hears_it(make: Make) -> None:
    face = make(StreamRules(private=True))
    mine, other = face.login("mine"), face.login("other")
    conversation = face.ask(mine)
    assert error_of(face.open(other), subscription(conversation)) == ("forbidden", conversation)
    assert said(heard(face.open(mine), conversation)) == ANSWER


def test_a_server_may_speak_no_sequence(make: Make) -> None:
    face = make(StreamRules(sequence=False))
    token = face.login()
    frames = heard(face.open(token), face.ask(token), after=3)
    assert (said(frames), sequences(frames)) == (ANSWER, [])


def test_a_heartbeat_comes_every_thirty_seconds(face: Face, socket: Socket) -> None:
    for _ in range(2):
        face.clock.advance(timedelta(seconds=29))
        with pytest.raises(TimeoutError):
            socket.receive(0.12)
        face.clock.advance(timedelta(seconds=1))
        assert socket.receive(5) == '{"type":"heartbeat"}'


def test_a_token_that_expires_closes_the_socket(make: Make) -> None:
    face = make(token_lifetime=timedelta(seconds=20))
    socket = face.open(face.login())
    face.clock.advance(timedelta(seconds=20))
    assert closed_with(socket) == 4401


def test_what_was_due_before_a_token_expired_is_sent(make: Make) -> None:
    face = make(token_lifetime=timedelta(seconds=20))
    token = face.login()
    conversation, socket = face.ask(token), face.open(token)
    assert said(heard(socket, conversation)) == ANSWER
    face.clock.advance(timedelta(seconds=60))
    assert closed_with(socket) == 4401


def test_a_token_that_is_revoked_closes_the_socket(face: Face, socket: Socket) -> None:
    face.platform.revoke_tokens()
    assert closed_with(socket) == 4401


def test_a_reset_closes_the_sockets_and_forgets_the_conversations(
    face: Face, token: str, socket: Socket
) -> None:
    conversation = face.ask(token)
    face.platform.reset()
    assert closed_with(socket) == 4401
    assert face.platform.snapshot()["assistants"][ASSISTANT] == 0
    assert error_of(face.open(face.login()), subscription(conversation)) == ("not.found", conversation)


def test_conversations_and_sockets_are_counted(face: Face, token: str, socket: Socket) -> None:
    face.ask(token)
    told = face.platform.snapshot()
    assert (told["assistants"][ASSISTANT], told["sockets"]) == (1, 1)


def test_a_closed_socket_says_so_to_both_verbs(socket: Socket) -> None:
    socket.close()
    socket.close()
    assert closed_with(socket) == 1000
    with pytest.raises(SocketClosed):
        socket.send("{}")


def test_a_frame_that_is_too_large_closes_the_socket(socket: Socket) -> None:
    socket.send(subscription("c" * 65_537))
    assert closed_with(socket) == 1009
