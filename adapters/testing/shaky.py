"""A ledger whose reading a test cuts, holds up and counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from threading import Event

from attrs import define, field

from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned

_LONGEST_SECONDS = 20.0


@define(eq=False)
class ShakyLedger:
    """A ledger in front of another: it raises `failure` while there is one, and waits while it is held."""

    ledger: Ledger
    failure: Exception | None = None
    reads: int = 0
    _open: Event = field(factory=Event, init=False)

    def __attrs_post_init__(self) -> None:
        self._open.set()

    def hold(self) -> None:
        """Let nothing be read until `let_go`."""
        self._open.clear()

    def let_go(self) -> None:
        """Answer whoever waits."""
        self._open.set()

    def let_others_go(self) -> None:
        """Answer whoever comes from now on; who waits already goes on waiting."""
        self._open = Event()
        self._open.set()

    def read(self, subject: Subject) -> Versioned:
        """Read, if it can be."""
        self._shake()
        return self.ledger.read(subject)

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Read, if it can be."""
        self._shake()
        return self.ledger.read_all(subjects)

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List, if it can be."""
        self._shake()
        return self.ledger.subjects(organization, kind)

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Commit, if it can be."""
        self._shake()
        return self.ledger.commit(*changes)

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Follow, if it can be."""
        self._shake()
        return self.ledger.follow(organization, after, limit, subject)

    def head(self, organization: Organization) -> Receipt:
        """Return the head, if it can be."""
        self._shake()
        return self.ledger.head(organization)

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Erase, if it can be."""
        self._shake()
        self.ledger.erase(organization, positions, telling)

    def close(self) -> None:
        """Close the other."""
        self.ledger.close()

    def _shake(self) -> None:
        self.reads += 1
        self._open.wait(_LONGEST_SECONDS)
        if self.failure is not None:
            raise self.failure
