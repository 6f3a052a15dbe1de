"""States and events as JSON text and back, for every ledger.

Reading is strict: a text is taken only if it is exactly what would be written of what it says. Nothing
is coerced, filled in or ignored, and no message repeats a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Final, cast

import orjson
from attrs import frozen
from cattrs.errors import StructureHandlerNotFoundError

from jackfield.adapters.spelling import converter, moment
from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.errors import ChainBroken, InvalidInput
from jackfield.domain.model.events import Entry, Event, Outcome, Position, head
from jackfield.domain.model.kept import State
from jackfield.domain.model.subjects import Kind, Organization, Subject

_MODEL: Final = "jackfield.domain.model"
STATES: Final[Mapping[Kind, str]] = {
    Kind.PROMPT: "states:PromptState",
    Kind.VERSION: "states:VersionState",
    Kind.AUDIT: "states:AuditState",
    Kind.DESTINATION: "deliveries.states:DestinationState",
    Kind.EVIDENCE: "evidence.states:EvidenceState",
    Kind.UNIT: "evidence.observations:Seen",
    Kind.KEYS: "states:KeysState",
    Kind.EXPORT: "states:ExportState",
    Kind.ASK: "conversations.states:AskState",
    Kind.SESSION: "sessions.states:SessionState",
    Kind.CONVERSATION: "sessions.states:ConversationState",
    Kind.SESSIONS: "sessions.states:SessionsState",
    Kind.ADVICE: "advice.states:AdviceState",
}
"""Where the class of each kind's states is: whoever reads prompts does not wait for what sessions need."""

_LOADED: Final[dict[Kind, type[State]]] = {}

_MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
    InvalidInput,
    StructureHandlerNotFoundError,
)

_CONVERTER: Final = converter()
_HOLDERS: Final = frozenset({dict, list, tuple})
_ALIKE: Final = frozenset({str, int, bool, type(None)}) | _HOLDERS


@frozen
class Draft:
    """An event as text, cut where its place in the chain goes in."""

    subject: Subject
    payload: str
    before: str
    after: str

    def placed(self, position: int, previous: str) -> str:
        """Return the text that the entry's hash is taken of."""
        return f'{self.before},"position":{position},"previous":"{previous}",{self.after}'


@frozen
class Row:
    """An entry as a ledger stores it; `payload` is None once it has been detached."""

    position: int
    hash: bytes
    kind: bytes
    name: bytes
    head: bytes
    payload: bytes | None


@frozen(kw_only=True)
class _Head:
    """What an entry's head says."""

    actor: str
    correlation_id: str
    id: str
    kind: Kind
    name: str
    organization: str
    outcome: Outcome
    payload_hash: str
    position: int
    previous: str
    reason: str
    time: datetime
    type: str


def encode_state(subject: Subject, state: State) -> str:
    """Return the text of *state*; raise `InvalidInput` for one that JSON cannot carry, or of another kind."""
    if type(state) is not _state_type(subject):
        raise InvalidInput(f"a {subject.kind} has no state of this type", place=str(subject))
    try:
        return _spelled(state)
    except _MALFORMED:
        raise _not_json(subject) from None


def decode_state(subject: Subject, text: bytes) -> State:
    """Return the state that *text* was written of; raise `InvalidInput` for any other text."""
    try:
        state = _CONVERTER.structure(orjson.loads(text), _state_type(subject))
        if _spelled(state).encode() == text:
            return state
    except _MALFORMED:
        pass
    raise InvalidInput(
        "what is stored was not written as its state",
        place=str(subject),
        remedy="restore a backup, or upgrade Jackfield if a newer one wrote it",
    )


def encode_event(event: Event) -> Draft:
    """Return *event* as text; raise `InvalidInput` for one that JSON cannot carry exactly."""
    if event.payload is None:
        fault = "an event is written with its payload"
        raise InvalidInput(fault, place=str(event.subject), remedy="give {} for none")
    try:
        payload = _payload(event.payload)
        return Draft(event.subject, payload, _before(event, digest(payload)), _after(event))
    except _MALFORMED:
        raise _not_json(event.subject) from None


def _payload(payload: Mapping[str, JSON]) -> str:
    """Return the canonical text: by orjson, in a fifth of the time, where both write the same."""
    text = orjson.dumps(payload, default=dict, option=orjson.OPT_SORT_KEYS)  # it refuses what JSON has not
    return text.decode() if type(payload) is dict and _is_exact(payload) else canonical(payload)


def _is_exact(payload: object) -> bool:
    """Whether it holds nothing but what both spell alike: no fraction, and none of what only one takes."""
    level = [payload]
    while level:
        below = list[object]()
        for each in level:
            below += each.values() if isinstance(each, dict) else cast("Sequence[object]", each)
        if not {*map(type, below)} <= _ALIKE:
            return False
        level = [each for each in below if type(each) in _HOLDERS]
    return True


# What stands before and behind an entry's place in its head. The whole is what `head` says, in a third
# of the time: a commit waits for it.
def _before(event: Event, payload_hash: str) -> str:
    said = {
        "actor": event.actor,
        "correlation_id": event.correlation_id,
        "id": event.id,
        "kind": event.subject.kind,
        "name": event.subject.name,
        "organization": event.subject.organization,
        "outcome": event.outcome,
        "payload_hash": payload_hash,
    }
    return orjson.dumps(said)[:-1].decode()


def _after(event: Event) -> str:
    said = {"reason": event.reason, "time": moment(event.time), "type": event.type}
    return orjson.dumps(said)[1:].decode()


def decode_entry(organization: Organization, row: Row) -> Entry:
    """Return the entry that *row* was written of; raise `ChainBroken` for any other row."""
    try:
        entry = _entry(row)
        if _agree(entry, organization, row):
            return entry
    except _MALFORMED:
        pass
    raise ChainBroken(
        "what is stored was not written as an entry",
        position=row.position,
        remedy="compare the log with a backup or an export",
    )


def _entry(row: Row) -> Entry:
    said = _CONVERTER.structure(orjson.loads(row.head), _Head)
    subject = Subject(Organization(said.organization), said.kind, said.name)
    return Entry(
        position=Position(said.position),
        previous=said.previous,
        hash=row.hash.decode(),
        payload_hash=said.payload_hash,
        event=Event(
            id=said.id,
            time=said.time,
            subject=subject,
            type=said.type,
            actor=said.actor,
            reason=said.reason,
            outcome=said.outcome,
            correlation_id=said.correlation_id,
            payload=None if row.payload is None else orjson.loads(row.payload),
        ),
    )


def _agree(entry: Entry, organization: Organization, row: Row) -> bool:
    subject, payload = entry.event.subject, entry.event.payload
    text = head(
        entry.event, payload_hash=entry.payload_hash, position=entry.position, previous=entry.previous
    )
    return (
        entry.position == row.position
        and subject == Subject(organization, Kind(row.kind.decode()), row.name.decode())
        and text.encode() == row.head
        and (
            row.payload is None or (isinstance(payload, dict) and canonical(payload).encode() == row.payload)
        )
    )


def _state_type(subject: Subject) -> type[State]:
    """Return the class of the states of such subjects, loaded once."""
    found = _LOADED.get(subject.kind)
    if found is None:
        module, _, name = STATES.get(subject.kind, "").partition(":")
        if not module:
            raise InvalidInput("there is no codec for states of this kind", place=str(subject))
        found = _LOADED[subject.kind] = getattr(import_module(f"{_MODEL}.{module}"), name)
    return found


def _spelled(state: State) -> str:
    return orjson.dumps(_CONVERTER.unstructure(state), option=orjson.OPT_SORT_KEYS).decode()


def _not_json(subject: Subject) -> InvalidInput:
    return InvalidInput(
        "it holds what JSON cannot carry exactly",
        place=str(subject),
        remedy="keep to texts that UTF-8 can carry, finite numbers of 64 bits and times with a zone",
    )
