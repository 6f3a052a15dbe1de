"""What the ledger keeps by subject: whole states, each replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.history import Activation, History
from jackfield.domain.model.prompts import PromptDefinition


class Verb(StrEnum):
    """What can be done to a prompt; the type of the events that tell of it."""

    PUBLISH = "prompt.publish"
    PROMOTE = "prompt.promote"
    ROLL_BACK = "prompt.roll_back"
    FREEZE = "prompt.freeze"
    UNFREEZE = "prompt.unfreeze"
    ADOPT = "prompt.adopt"


@frozen(kw_only=True)
class Operation:
    """A change that was intended and is not settled: nobody else may change the subject before `expires`."""

    id: str
    verb: Verb
    version: str
    owner: str
    actor: str
    reason: str
    started: datetime
    expires: datetime
    content_hash: str | None = None
    restores: int | None = None


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@frozen(kw_only=True)
class PromptState:
    """One prompt: its versions (number → content hash), what was live when, and what is under way."""

    remote_id: str | None = None
    versions: Mapping[str, str] = field(factory=dict[str, str], converter=_read_only)
    history: History = field(factory=History)
    frozen: tuple[str, ...] = ()
    pending: Operation | None = None


@frozen(kw_only=True)
class VersionState:
    """One version's content; whether it counts is said by its prompt's state."""

    definition: PromptDefinition
    content_hash: str
    pending: Operation | None = None


def fingerprint(state: PromptState) -> str:
    """Return the SHA-256 of everything that a state says but what is under way.

    The events that settle a change carry it, so that a state that was altered in the ledger shows.
    """
    return digest(
        canonical(
            {
                "remote_id": state.remote_id,
                "versions": dict(state.versions),
                "history": [_activation(entry) for entry in state.history.entries],
                "frozen": state.frozen,
            }
        )
    )


def _activation(entry: Activation) -> Mapping[str, JSON]:
    return {
        "version": entry.version,
        "move": entry.move,
        "time": timestamp(entry.time),
        "actor": entry.actor,
        "reason": entry.reason,
        "restores": entry.restores,
    }


State: TypeAlias = PromptState | VersionState
