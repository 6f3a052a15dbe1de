"""What the ledger keeps of prompts, of the audit log, and of the organization's keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.history import Activation, History
from jackfield.domain.model.kept import State
from jackfield.domain.model.prompts import PromptDefinition

if TYPE_CHECKING:  # most prompts have none, and reading theirs does not wait for all that judges rollouts
    from jackfield.domain.model.rollouts import Rollout


class Verb(StrEnum):
    """What can be done to a prompt; the type of the events that tell of it."""

    PUBLISH = "prompt.publish"
    PROMOTE = "prompt.promote"
    ROLL_BACK = "prompt.roll_back"
    FREEZE = "prompt.freeze"
    UNFREEZE = "prompt.unfreeze"
    ADOPT = "prompt.adopt"
    EXPORT = "prompt.export"
    START_ROLLOUT = "rollout.start"
    RAMP_ROLLOUT = "rollout.ramp"
    HOLD_ROLLOUT = "rollout.hold"
    STOP_ROLLOUT = "rollout.stop"
    ROLL_BACK_ROLLOUT = "rollout.roll_back"


@frozen(kw_only=True)
class Operation:
    """A change that was intended and is not settled: nobody else may change the subject before `expires`.

    `rollout` is the prompt's rollout as it will be, if this moves it.
    """

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
    rollout: Rollout | None = None


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@frozen(kw_only=True)
class PromptState(State):
    """One prompt: its versions (number → content hash), what was live when, and what is under way.

    `rollout` is the newest one, running or ended; `revoked` are versions that no pin holds any more.
    """

    remote_id: str | None = None
    versions: Mapping[str, str] = field(factory=dict[str, str], converter=_read_only)
    history: History = field(factory=History)
    frozen: tuple[str, ...] = ()
    pending: Operation | None = None
    rollout: Rollout | None = None
    revoked: tuple[str, ...] = ()

    @property
    def running(self) -> Rollout | None:
        """The rollout that has not ended, if there is one."""
        return None if self.rollout is None or self.rollout.ended else self.rollout


@frozen(kw_only=True)
class VersionState(State):
    """One version's content; whether it counts is said by its prompt's state."""

    definition: PromptDefinition
    content_hash: str
    pending: Operation | None = None


@frozen(kw_only=True)
class AuditState(State):
    """How often payloads of the audit log were erased, and how many."""

    erasures: int = 0
    payloads: int = 0


@frozen(kw_only=True)
class ExportState(State):
    """How many entries of the log tell of a prompt's exports."""

    entries: int = 0


@frozen(kw_only=True)
class KeysState(State):
    """The keys of the organization's pins, in hexadecimal: `current` signs, all are believed.

    `coming` is believed from `since` on, and signs after the next rotation.
    """

    current: str = field(repr=False)
    since: datetime
    retired: str | None = field(default=None, repr=False)
    coming: str | None = field(default=None, repr=False)


def fingerprint(state: PromptState) -> str:
    """Return the SHA-256 of everything that a state says but what is under way.

    The events that settle a change carry it, so that a state that was altered in the ledger shows. What a
    prompt without rollouts does not have is left out.
    """
    said: dict[str, JSON] = {
        "remote_id": state.remote_id,
        "versions": dict(state.versions),
        "history": [_activation(entry) for entry in state.history.entries],
        "frozen": state.frozen,
    }
    if state.rollout is not None:
        said["rollout"] = asdict(state.rollout, value_serializer=_plain)
    if state.revoked:
        said["revoked"] = state.revoked
    return digest(canonical(said))


def _plain(_instance: object, _attribute: object, value: object) -> object:
    return timestamp(value) if isinstance(value, datetime) else value


def _activation(entry: Activation) -> Mapping[str, JSON]:
    return {
        "version": entry.version,
        "move": entry.move,
        "time": timestamp(entry.time),
        "actor": entry.actor,
        "reason": entry.reason,
        "restores": entry.restores,
    }
