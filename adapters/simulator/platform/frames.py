"""The stream's frames as texts, §7 of the wire contract: what the platform sends, and what it is told."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, cast

import orjson
from attrs import frozen

from jackfield.adapters.simulator.store import Document

_ERRORS: Final = {
    "not.found": "The conversation was not found.",
    "closed": "The conversation is closed and cannot be replayed.",
    "forbidden": "The conversation is not yours.",
    "too.many.subscriptions": "There are too many subscriptions on this connection.",
    "bad.request": "The frame could not be understood.",
    "invalid.value": "The value of afterSequence is no sequence.",
}
_UNEXPECTED: Final = "The server encountered an unexpected condition."


@frozen
class Frame:
    """A text frame, and what it is of: the *at*-th piece (or the end, behind the last) of an answer."""

    text: str
    answer: Document | None = None
    at: int = 0
    numbered: bool = True


@frozen
class End:
    """The end of a socket: a close frame of *code*, or for 1006 none.

    Of the frame *text* some bytes (*sent*) leave before the line is cut.
    """

    code: int
    text: str = ""
    sent: int = 0


Leaving: TypeAlias = Frame | End
HEARTBEAT: Final = Frame('{"type":"heartbeat"}')


def of_answer(answer: Document, at: int, *, sequence: bool) -> Frame:
    """Return the *at*-th frame of an answer: a piece, or behind the last one its end."""
    if at < len(answer["pieces"]):
        return _frame(
            "aiResponseChunk", answer, at, sequence=sequence, rest={"content": answer["pieces"][at]}
        )
    if answer["error"] is not None:
        return Frame(error(answer["error"], answer["id"]).text, answer, at, sequence)
    return completed(answer, at, sequence=sequence, safety=answer["safety"], usage=answer["usage"])


def completed(answer: Document, at: int, *, sequence: bool, safety: bool, usage: Any) -> Frame:
    """Return the frame that completes an answer at its *at*-th place."""
    end = {"usage": usage, "safetyPolicyTriggered": safety}
    return _frame("aiResponseComplete", answer, at, sequence=sequence, rest=end)


def error(code: str, conversation: str | None = None) -> Frame:
    """Return an error event; of the connection if it is of no conversation."""
    of = {} if conversation is None else {"conversationId": conversation}
    data = {**of, "code": code, "message": _ERRORS.get(code, _UNEXPECTED)}
    return Frame(_text("error", data))


def stop(conversation: str) -> str:
    """Return what a client sends to hear no more of a conversation."""
    return _text("unsubscribe", {"conversationId": conversation})


def read(text: str) -> tuple[str, Document]:
    """Return a frame's type and data; both are empty where it has none."""
    try:
        document: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "", {}
    if not isinstance(document, dict):
        return "", {}
    told = cast("Document", document)
    type_, data = told.get("type"), told.get("data")
    return type_ if isinstance(type_, str) else "", cast("Document", data) if isinstance(data, dict) else {}


def _frame(type_: str, answer: Document, at: int, *, sequence: bool, rest: Document) -> Frame:
    number = {"sequence": at} if sequence else {}
    return Frame(_text(type_, {"conversationId": answer["id"], **number, **rest}), answer, at, sequence)


def _text(type_: str, data: Document) -> str:
    return orjson.dumps({"type": type_, "data": data}).decode()
