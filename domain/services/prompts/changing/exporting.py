"""Exporting what is live of a prompt: intend, send once, record what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.errors import (
    Conflict,
    InvalidInput,
    JackfieldError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.states import ExportState, Verb
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.changing.basis import remote_of
from jackfield.domain.services.prompts.records import Records
from jackfield.ports.exports import ExportTarget, ExportTargets, PromptMetadata
from jackfield.ports.ledger import Change

_SOURCE: Final = "genesys-cloud"
_TRIES: Final = 20


@frozen(kw_only=True)
class Exports:
    """Where metadata comes from, and where it may go."""

    source: PromptMetadata
    targets: ExportTargets


@frozen(kw_only=True)
class Exported:
    """What was exported: the version that was live on the platform, and where it went."""

    name: str
    version: str
    target: str
    time: datetime


@frozen(kw_only=True)
class Exporting:
    """Exports prompts for somebody, and says so in the log.

    The entries stand under the prompt's name and a kind of their own: an export changes no prompt, and must
    not come between anybody else's change of it.
    """

    records: Records
    exports: Exports | None
    actor: Actor

    def export(self, name: str, to: str) -> Exported:
        """Send the metadata of *name* to a URL or a new file, as `ActingPrompts.export` says."""
        if self.exports is None:
            raise InvalidInput(
                "this core exports nothing", place="export", remedy="open it with jackfield.open"
            )
        target = self.exports.targets(to)
        prompt = remote_of(self.records.known(name))
        metadata = self.exports.source.metadata(prompt)
        version, now = metadata.get("version"), self.records.clock.now()
        if not isinstance(version, str):
            raise Unavailable("the platform's answer names no version", place=f"prompt {name}")
        document: dict[str, JSON] = {
            "sourcePlatform": _SOURCE,
            "exportTimestamp": f"{now.isoformat(timespec='milliseconds')[:23]}Z",
            "promptMetadata": metadata,
            "targetPlatform": target.shown,
        }
        self._send(name, version, target, document)
        return Exported(name=name, version=version, target=target.shown, time=now)

    def _send(self, name: str, version: str, target: ExportTarget, document: Mapping[str, JSON]) -> None:
        said: dict[str, JSON] = {
            "version": version,
            "target": target.shown,
            "document_hash": digest(canonical(document)),
        }
        subject = Subject(self.records.organization, Kind.EXPORT, name)
        identifier = self.records.new_id()
        self._tell(subject, identifier, Outcome.INTENDED, said)
        started = self.records.clock.monotonic()
        try:
            target.send(document)
        except (Refused, NotSent) as error:
            self._fail(subject, identifier, said, error)
            raise
        took = round((self.records.clock.monotonic() - started) * 1_000_000)
        try:
            self._tell(subject, identifier, Outcome.SUCCEEDED, {**said, "latency_us": took})
        except NotSent as error:
            raise OutcomeUnknown(
                "it was exported and could not be recorded",
                place=f"prompt {name}",
                remedy=f"mend the ledger ({error.message}); its entry stays an intended one",
            ) from error

    def _fail(
        self, subject: Subject, identifier: str, said: Mapping[str, JSON], error: JackfieldError
    ) -> None:
        """Record the refusal; where that fails the refusal is still what happened."""
        try:
            self._tell(subject, identifier, Outcome.FAILED, {**said, "error": type(error).__name__})
        except NotSent as unrecorded:
            error.remedy += f" (it could not be recorded: {unrecorded.message})"

    def _tell(self, subject: Subject, identifier: str, outcome: Outcome, said: Mapping[str, JSON]) -> None:
        """Add an entry; another export of the prompt at the same moment only comes before it."""
        event = Event(
            id=self.records.new_id(),
            time=self.records.clock.now(),
            subject=subject,
            type=Verb.EXPORT.value,
            actor=self.actor.name,
            reason=self.actor.reason,
            outcome=outcome,
            correlation_id=identifier,
            payload=said,
        )
        for _ in range(_TRIES):
            found = self.records.ledger.read(subject)
            entries = found.state.entries if isinstance(found.state, ExportState) else 0
            state = ExportState(entries=entries + 1)
            try:
                self.records.ledger.commit(
                    Change(subject=subject, expected=found.revision, state=state, events=(event,))
                )
            except Conflict:
                continue
            return
        raise Conflict(
            "others export it at the same moment", place=f"prompt {subject.name}", remedy="try again"
        )
