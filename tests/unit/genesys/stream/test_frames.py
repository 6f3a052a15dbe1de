"""What a frame of `wire.md` §7 is read as, and what is sent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from jackfield.adapters.genesys.stream.frames import NOBODY, Quiet, owner, read, subscribe, unsubscribe
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Usage


def chunk(**fields: Any) -> bytes:
    data = {"conversationId": "conv-1", "sequence": 0, "content": "Hello", **fields}
    return orjson.dumps({"type": "aiResponseChunk", "data": data})


def completed(**fields: Any) -> bytes:
    return orjson.dumps({"type": "aiResponseComplete", "data": {"conversationId": "conv-1", **fields}})


def error(**fields: Any) -> bytes:
    return orjson.dumps({"type": "error", "data": fields})


def test_a_piece() -> None:
    assert read(chunk(sequence=7)) == ("conv-1", Chunk(7, "Hello"))


def test_a_piece_as_text() -> None:
    assert read(chunk().decode()) == ("conv-1", Chunk(0, "Hello"))


def test_a_piece_without_a_sequence_as_the_tutorials_server_sends_it() -> None:
    frame = '{"type":"aiResponseChunk","data":{"conversationId":"conv-1","content":"Hello"}}'
    assert read(frame) == ("conv-1", Chunk(None, "Hello"))


def test_fields_that_are_not_known_are_passed_over() -> None:
    assert read(chunk(tokens=[1, 2], role="assistant")) == ("conv-1", Chunk(0, "Hello"))


def test_the_end_with_everything() -> None:
    frame = completed(
        sequence=4, usage={"promptTokens": 3, "completionTokens": 5}, safetyPolicyTriggered=True
    )
    assert read(frame) == ("conv-1", Completed(4, Usage(3, 5), safety=True))


def test_the_end_with_nothing() -> None:
    assert read(completed()) == ("conv-1", Completed(None, None, safety=False))


@pytest.mark.parametrize(
    "usage", [None, 7, [], {}, {"promptTokens": 1}, {"promptTokens": -1, "completionTokens": 2}]
)
def test_an_end_is_no_less_the_end_for_a_count_that_is_none(usage: Any) -> None:
    assert read(completed(usage=usage)) == ("conv-1", Completed(None, None, safety=False))


def test_an_error_of_a_conversation_tells_its_code_and_not_the_platforms_sentence() -> None:
    said = read(error(conversationId="conv-1", code="not.found", message="Dear Mrs. Miller"))
    assert said == ("conv-1", Failed("not.found", "the platform does not know the conversation"))


def test_an_error_of_no_conversation() -> None:
    assert read(error(code="bad.request")) == (
        NOBODY,
        Failed("bad.request", "the platform ended the answer"),
    )


@pytest.mark.parametrize("code", [None, 7, "", "x" * 81, "Dear Mrs. Miller", "a\nb", []])
def test_a_code_that_is_none_is_not_repeated(code: Any) -> None:
    assert read(error(conversationId="conv-1", code=code)) == (
        "conv-1",
        Failed("error", "the platform ended the answer"),
    )


def test_a_heartbeat() -> None:
    assert read('{"type":"heartbeat"}') is Quiet.HEARTBEAT


@pytest.mark.parametrize(
    "frame", ['{"type":"agentTyping","data":{}}', '{"type":""}', '{"type":"x","data":7}']
)
def test_a_type_that_is_not_known(frame: str) -> None:
    assert read(frame) is Quiet.UNKNOWN


@pytest.mark.parametrize(
    "frame",
    [
        *(b"", b"{", b"[]", b"7", b"null", b'"text"', b"{}", b"\xff\xfe", b"[" * 100_000),
        *(b'{"type":7}', b'{"type":null}', b'{"type":["error"]}', b'{"type":{}}', b'{"type":"error"}'),
        *(b'{"type":"aiResponseChunk"}', b'{"type":"aiResponseChunk","data":[]}'),
        b'{"type":"aiResponseChunk","data":"conversationId"}',
        b'{"type":"aiResponseChunk","data":{"conversationId":"c","sequence":0,"content":"\\ud800"}}',
        *(chunk(conversationId=None), chunk(conversationId=7), chunk(content=None), chunk(content=["a"])),
        *(chunk(sequence=-1), chunk(sequence="1"), chunk(sequence=1.0), chunk(sequence=True)),
        *(completed(sequence=-1), completed(safetyPolicyTriggered="yes"), completed(safetyPolicyTriggered=1)),
        error(conversationId=7, code="closed"),
    ],
)
def test_what_is_malformed_is_nobodys(frame: bytes) -> None:
    assert read(frame) is Quiet.MALFORMED


def test_what_is_sent_is_what_the_tutorials_client_sends() -> None:
    assert subscribe("conv-1", None) == '{"type":"subscribe","data":{"conversationId":"conv-1"}}'


def test_an_answer_is_asked_for_behind_a_piece() -> None:
    assert (
        subscribe("conv-1", 0) == '{"type":"subscribe","data":{"conversationId":"conv-1","afterSequence":0}}'
    )


def test_an_answer_is_asked_for_no_more() -> None:
    assert unsubscribe("conv-1") == '{"type":"unsubscribe","data":{"conversationId":"conv-1"}}'


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        (chunk(content=None), "conv-1"),
        (chunk(content="cut")[:-4], "conv-1"),
        (b'{"type":"aiResponseChunk","data":{"conversationId" : "conv-1","content":"\xff', "conv-1"),
        (chunk(content='say "conversationId":"conv-2"')[:-4], "conv-1"),
        (b'{"data":{"conversationId":"conv-1",{"data":{"conversationId":"conv-2"', NOBODY),
        *(
            (each, NOBODY)
            for each in (b"", b"\xff", b'{"type":7}', b'"conversationId":7', b'"conversationId":"a')
        ),
    ],
)
def test_what_cannot_be_read_is_of_whom_alone_it_names(frame: bytes, named: str) -> None:
    assert owner(frame) == named
    assert read(frame) is Quiet.MALFORMED
