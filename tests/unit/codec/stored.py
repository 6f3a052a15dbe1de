"""A prompt's and a version's state as they are stored, and an entry."""

from __future__ import annotations

from typing import Final

from jackfield.adapters.codec import Row, encode_event
from jackfield.adapters.testing.changes import ORGANIZATION, TIME, prompt
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.events import GENESIS, Entry, Event
from jackfield.domain.model.history import Activation, History, Move
from jackfield.domain.model.states import Operation, PromptState, Verb
from jackfield.domain.model.subjects import Kind, Subject

PROMPT: Final = prompt()
VERSION: Final = Subject(ORGANIZATION, Kind.VERSION, "escalation@2.1.0")
PENDING: Final = Operation(
    id="1",
    verb=Verb.PROMOTE,
    version="2.1.0",
    owner="a",
    actor="b",
    reason="c",
    started=TIME,
    expires=TIME,
)
PROMPT_STATE: Final = PromptState(
    remote_id="abc",
    versions={"2.1.0": "0" * 64},
    history=History(
        (Activation(version="2.1.0", move=Move.PROMOTED, time=TIME, actor="ci", reason="CHG", restores=None),)
    ),
    pending=PENDING,
)


def stored(written: Event, position: int = 1, previous: str = GENESIS) -> tuple[Entry, Row]:
    """Return *written* as an entry, and as a ledger stores it."""
    draft = encode_event(written)
    text = draft.placed(position, previous)
    subject = written.subject
    row = Row(
        position,
        digest(text).encode(),
        subject.kind.encode(),
        subject.name.encode(),
        text.encode(),
        draft.payload.encode(),
    )
    entry = Entry(
        position=position,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a new type of int
        previous=previous,
        hash=digest(text),
        payload_hash=digest(draft.payload),
        event=written,
    )
    return entry, row
