"""Reading the audit log: listing, following, and verifying it and what it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import ChainBroken, InvalidInput, NotFound
from jackfield.domain.model.events import START, Entry, Outcome, Position, Verified, verify
from jackfield.domain.model.states import PromptState, VersionState, fingerprint
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Ledger

_PAGE: Final = 500
_TRIES: Final = 20
"""How often a prompt is looked at again that somebody changes while it is verified."""


@frozen(kw_only=True)
class Audit:
    """The chain of one organization's events."""

    organization: Organization
    ledger: Ledger

    def entries(self, *, after: Position = START, prompt: str | None = None) -> Iterator[Entry]:
        """Every entry behind *after*, oldest first, read page by page; those of one prompt if named."""
        subject = None if prompt is None else Subject(self.organization, Kind.PROMPT, prompt)
        while page := self.ledger.follow(self.organization, after, _PAGE, subject):
            yield from page
            after = page[-1].position

    def last(self, count: int, *, prompt: str | None = None) -> tuple[Entry, ...]:
        """The newest *count* (from 1) entries, oldest first; raise `NotFound` for a prompt without any."""
        if count < 1:
            raise InvalidInput(
                f"a count is a number from 1, not {count}", place="audit", remedy="ask for more"
            )
        if prompt is None:
            head = self.ledger.head(self.organization).position
            return tuple(self.entries(after=Position(max(START, head - count))))[-count:]
        found = tuple(self.entries(prompt=prompt))
        if not found:
            raise NotFound(
                "the audit log has no entry of it",
                place=f"prompt {prompt}",
                remedy="list the prompts with 'jackfield status'",
            )
        return found[-count:]

    def verify(self, *, anchor: str | None = None) -> Verified:
        """Check the whole chain, and every prompt and version against what the chain tells of them.

        Raises `ChainBroken` where something does not fit, or if *anchor* is not in the chain.
        """
        told = _Told()
        verified = verify(told.listen(self.entries()), anchor=anchor)
        kept = self.ledger.subjects(self.organization, Kind.PROMPT)
        for subject in dict.fromkeys((*told.states, *kept)):
            self._agree(subject, told.states.get(subject))
        return verified

    def _agree(self, subject: Subject, told: _Settled | None) -> None:
        for _ in range(_TRIES):
            if self._is_told(subject, self.ledger.read(subject).state, told):
                return
            newer = _Told()
            for _entry in newer.listen(
                self.entries(after=told.position if told else START, prompt=subject.name)
            ):
                pass
            if subject not in newer.states:
                break
            told = newer.states[subject]
        raise ChainBroken(
            "what is kept of it is not what the log tells",
            position=told.position if told else START,
            place=f"prompt {subject.name}",
            remedy="somebody changed the ledger: compare it with a backup",
        )

    def _is_told(self, subject: Subject, state: object, told: _Settled | None) -> bool:
        if not isinstance(state, PromptState):
            return False
        if told is not None and told.fingerprint is None:
            return True
        if fingerprint(state) != (told.fingerprint if told else fingerprint(PromptState())):
            return False
        return all(self._is_kept(subject.name, *version) for version in state.versions.items())

    def _is_kept(self, name: str, number: str, content_hash: str) -> bool:
        kept = self.ledger.read(Subject(self.organization, Kind.VERSION, f"{name}@{number}")).state
        return isinstance(kept, VersionState) and kept.definition.content_hash == content_hash


@frozen
class _Settled:
    """What the newest settling event of a prompt says: its place, and the fingerprint of the state.

    There is none to compare with once the event's payload was detached.
    """

    position: Position
    fingerprint: str | None


class _Told:
    """What a walk along the chain tells of each prompt."""

    def __init__(self) -> None:
        self.states: dict[Subject, _Settled] = {}

    def listen(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass the entries on, and keep what each tells."""
        for entry in entries:
            if entry.event.subject.kind is Kind.PROMPT and entry.event.outcome is not Outcome.INTENDED:
                state = (entry.event.payload or {}).get("state")
                self.states[entry.event.subject] = _Settled(
                    entry.position, state if isinstance(state, str) else None
                )
            yield entry
