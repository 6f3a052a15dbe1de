"""A turn that was taken before, under the same name: what the log has of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.sessions.happenings import TURN
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.model.sessions.telling import decision_of
from jackfield.domain.services.sessions.asked.utterances import Utterance
from jackfield.domain.services.sessions.recorded.explaining import entries
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords


@frozen
class Recorded:
    """What was decided then, and the id of the hand-off, if it escalated."""

    decision: Decision
    handoff: str | None


def recorded(records: SessionRecords, loaded: Loaded, utterance: Utterance) -> Recorded:
    """Return what was decided when this was said first.

    It takes a look at the session's whole log. Raises `InvalidInput` if another text was said under that
    name, and `Conflict` if the log does not have it any more.
    """
    said = _said(records, loaded, utterance.key)
    decision = decision_of(said)
    if decision is None:
        raise Conflict(
            "it was said before, and what was decided of it was erased",
            place=f"session {loaded.id}",
            remedy="go on with what the customer says next",
        )
    if said["text_hash"] != utterance.hash:
        raise InvalidInput(
            "another text was said under this name",
            place="once",
            remedy="give each message of the customer a name of its own",
        )
    return Recorded(decision, said["handoff"])


def _said(records: SessionRecords, loaded: Loaded, key: str | None) -> Mapping[str, Any]:
    for entry in entries(records, loaded):
        payload = entry.event.payload
        if entry.event.type == TURN and payload is not None and payload.get("once") == key:
            return payload
    return {}
