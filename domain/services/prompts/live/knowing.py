"""The last known good version of each prompt as bytes, and back: what does not fit exactly is nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen

from jackfield.domain.model.assignment import Split
from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.decisions import Candidate
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.history import Move
from jackfield.domain.model.prompts import ContextRule, Limits, PromptDefinition, content
from jackfield.domain.model.subjects import Organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts.values import LiveVersion, Trial
from jackfield.ports.clock import Clock

_MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
    JackfieldError,
)


@frozen(kw_only=True)
class Known:
    """A live version, when somebody last asked and was told so, and by whom: `ledger` or `platform`.

    `revision` is that of the prompt in the ledger, which every change raises, also a rollout's move that adds
    nothing to the history; 0 by the platform, which has none.
    """

    version: LiveVersion
    confirmed: datetime
    origin: Source
    revision: int = 0

    def age(self, clock: Clock) -> timedelta:
        """How long ago that was by the wall clock; one that stepped back makes it young, not negative."""
        return max(timedelta(), clock.now() - self.confirmed)

    def overtakes(self, other: Known) -> bool:
        """Whether *other* was left by it: of an earlier revision, and asked for earlier.

        An earlier revision that was asked for later is the truth: somebody put an older ledger back.
        """
        return self.revision > other.revision and self.confirmed >= other.confirmed

    def taken(self, clock: Clock, *, source: Source, freshness: Freshness) -> LiveVersion:
        """Return the version as an answer of now."""
        version = self.version
        return LiveVersion(
            name=version.name,
            number=version.number,
            content_hash=version.content_hash,
            definition=version.definition,
            since=version.since,
            actor=version.actor,
            move=version.move,
            reason=version.reason,
            source=source,
            freshness=freshness,
            trial=version.trial,
            revoked=version.revoked,
            looked=clock.monotonic() - self.age(clock).total_seconds(),
            clock=clock,
        )


def encode(organization: Organization, known: Known) -> bytes:
    """Return *known* as canonical JSON behind its SHA-256."""
    text = canonical(_plain(organization, known))
    return f"{digest(text)}\n{text}".encode()


def decode(organization: Organization, name: str, entry: bytes) -> Known | None:
    """Return what *entry* says of the prompt, or None if it is not exactly what was written of it.

    The content hash is taken anew of what was read. This finds bits that rotted, halves, and what belongs
    to another prompt or organization; not somebody who may write here, for nothing is signed.
    """
    try:
        checksum, _, text = entry.decode().partition("\n")
        said: dict[str, Any] = json.loads(text)
        known = _known(said)
        fits = known.version.name == name and known.version.definition.content_hash == said["content_hash"]
        exact = checksum == digest(text) and canonical(_plain(organization, known)) == text
    except _MALFORMED:
        return None
    return known if fits and exact else None


def _plain(organization: Organization, known: Known) -> Mapping[str, JSON]:
    version = known.version
    return {
        "organization": organization,
        "content_hash": version.content_hash,
        "definition": _content(version.definition),
        "trial": None if version.trial is None else _tried(version.trial),
        "revoked": version.revoked,
        "since": None if version.since is None else timestamp(version.since),
        "actor": version.actor,
        "move": version.move,
        "reason": version.reason,
        "confirmed": timestamp(known.confirmed),
        "origin": known.origin,
        "revision": known.revision,
    }


def _content(definition: PromptDefinition) -> Mapping[str, JSON]:
    return {
        **content(definition),
        "version": definition.version,
        "template": definition.template,
        "user_template": definition.user_template,
    }


def _tried(trial: Trial) -> Mapping[str, JSON]:
    split = trial.candidate.split
    return {
        "definition": _content(trial.definition),
        "content_hash": trial.definition.content_hash,
        "rollout": split.rollout,
        "salt": split.salt,
        "share": split.share,
        "holdout": split.holdout,
        "step": trial.candidate.step,
    }


def _known(said: Mapping[str, Any]) -> Known:
    definition = _definition(said["definition"])
    version = LiveVersion(
        name=definition.name,
        number=definition.version,
        content_hash=definition.content_hash,
        definition=definition,
        since=None if said["since"] is None else datetime.fromisoformat(said["since"]),
        actor=said["actor"],
        move=None if said["move"] is None else Move(said["move"]),
        reason=said["reason"],
        trial=None if said["trial"] is None else _trial(said["trial"]),
        revoked=tuple(said["revoked"]),
    )
    return Known(
        version=version,
        confirmed=datetime.fromisoformat(said["confirmed"]),
        origin=Source(said["origin"]),
        revision=int(said["revision"]),
    )


def _trial(said: Mapping[str, Any]) -> Trial:
    definition = _definition(said["definition"])
    if definition.content_hash != said["content_hash"]:
        raise ValueError
    split = Split(rollout=said["rollout"], salt=said["salt"], share=said["share"], holdout=said["holdout"])
    candidate = Candidate(version=definition.version, split=split, step=said["step"])
    return Trial(candidate=candidate, definition=definition)


def _definition(said: Mapping[str, Any]) -> PromptDefinition:
    fields = dict(said)
    fields["variables"] = [Variable(**each) for each in fields["variables"]]
    fields["context_rules"] = [ContextRule(**each) for each in fields["context_rules"]]
    fields["limits"] = Limits(**fields["limits"])
    return PromptDefinition(**fields)
