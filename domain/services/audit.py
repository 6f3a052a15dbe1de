"""Reading the audit log: listing, following and verifying it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from jackfield.domain.model.events import START, Entry, Position, Verified, verify
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Ledger

_PAGE: Final = 500


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
        """The newest *count* entries, oldest first."""
        if prompt is not None:
            return tuple(self.entries(prompt=prompt))[-count:] if count > 0 else ()
        head = self.ledger.head(self.organization).position
        return tuple(self.entries(after=Position(max(START, head - count))))

    def verify(self, *, anchor: str | None = None) -> Verified:
        """Check the whole chain; raise `ChainBroken` where it does not fit, or if *anchor* is not in it."""
        return verify(self.entries(), anchor=anchor)
