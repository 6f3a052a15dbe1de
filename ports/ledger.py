"""The only durable thing: states by subject, and the chain of events that made them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from attrs import frozen

from jackfield.domain.model.events import Entry, Event, Position
from jackfield.domain.model.kept import State
from jackfield.domain.model.subjects import Kind, Organization, Subject


@frozen
class Versioned:
    """A state and its revision; revision 0 and None for a subject that was never written."""

    revision: int
    state: State | None


@frozen(kw_only=True)
class Change:
    """The whole new state of one subject, and the events that tell why.

    `expected` is the revision that the change was made from. `once` names the change within its
    subject: the second commit of it changes nothing and answers `Repeat`.
    """

    subject: Subject
    expected: int
    state: State
    events: tuple[Event, ...] = ()
    once: str | None = None


@frozen
class Receipt:
    """A commit that happened: the last entry's position and hash; the chain's head if it had no event."""

    position: Position
    head: str


@frozen
class Repeat:
    """A commit that had happened before, by the `once` of *subject*: nothing was changed now."""

    subject: Subject
    once: str


class Ledger(Protocol):
    """Keeps states and events together; safe for threads, and for several processes on one store.

    Every verb may raise `Unavailable` (the store cannot be read or written; nothing was changed) and
    `OpenedBeforeFork` (the ledger was opened in another process).
    """

    def read(self, subject: Subject) -> Versioned:
        """Return the newest committed state of *subject*."""
        ...

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        """Return the newest committed state of each of *subjects*, in their order, as of one moment or later.

        All belong to one organization and one kind. It is `read` for hundreds at once: whoever folds the
        outcomes of a rollout reads as many units before each commit.
        """
        ...

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        """List the subjects of *kind* that were ever written, by name."""
        ...

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write all of *changes* or none; what is returned as done survives a crash.

        The events are chained in the order given, without a gap in the organization's positions.
        Raises `Conflict`, naming the subject, when a revision is not the expected one, and `Repeat` is
        answered when any change's `once` is known; a `Repeat` comes before a `Conflict`. A store on another
        machine raises `OutcomeUnknown` where it was lost in the middle, and asking it did not tell. All
        changes belong to one organization, and no subject is changed twice in one commit.
        """
        ...

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Return at most *limit* entries behind *after*, oldest first; those of *subject* alone if given.

        Raises `ChainBroken` for an entry that cannot be read as what was written.
        """
        ...

    def head(self, organization: Organization) -> Receipt:
        """Return the position and hash of the newest entry; `START` and `GENESIS` before the first."""
        ...

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        """Detach the payloads at *positions* and commit *telling*, together or not at all, as `commit` does.

        On return their bytes are gone from the store's own files, also those of earlier erasures that were
        interrupted. A position without a payload, or without an entry, is passed over. Raises `Conflict` as
        `commit` does, then nothing was changed, and `Unavailable` saying so where the payloads are detached
        and their bytes could not be removed yet: erasing again removes them.
        """
        ...

    def close(self) -> None:
        """Finish what was begun and let go of the store; closing twice is fine."""
        ...
