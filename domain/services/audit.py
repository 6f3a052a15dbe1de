"""Reading the audit log: listing, following, and verifying it and what it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from heapq import merge
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import frozen

from jackfield.domain.model.anchors import Anchor, anchored, headed
from jackfield.domain.model.conversations.asks import asked_of
from jackfield.domain.model.errors import ChainBroken, InvalidInput, NotFound
from jackfield.domain.model.events import START, Entry, Position, Verified, verify
from jackfield.domain.model.states import Operation, PromptState, VersionState, fingerprint
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.telling import Begun, Settled, Told
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Ledger, Receipt

_PAGE: Final = 500
LONGEST_INTENT: Final = timedelta(hours=2)
"""More than any operation lives: the longest deadline that can be set is an hour."""

OF_A_PROMPT: Final = (Kind.PROMPT, Kind.EXPORT)
"""The kinds of subject whose entries stand under a prompt's name; moves of its rollouts are of the first."""

_CHANGES: Final = frozenset({"erase", "erase_older"})

_TRIES: Final = 20
"""How often a prompt is looked at again that somebody changes while it is verified."""


def unlooked() -> None:
    """Look at nothing: there is no store that could be looked at, or it was."""


@frozen(kw_only=True)
class Audit:
    """The chain of one organization's events."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    look: Callable[[], None] = unlooked
    """Reads the whole store beneath the ledger, and raises `Unavailable` where it is damaged."""

    if not TYPE_CHECKING:  # a type checker finds that there is no such call by itself

        def __getattr__(self, name: str) -> NoReturn:
            """Say where the changes are."""
            to_change = f"; core.auditing_as(ACTOR, reason=WHY) has {name}" if name in _CHANGES else ""
            raise AttributeError(f"core.audit has no {name!r}{to_change}", name=name, obj=self)

    def entries(
        self, *, after: Position = START, prompt: str | None = None, session: str | None = None
    ) -> Iterator[Entry]:
        """Every entry behind *after*, oldest first, read page by page; of one prompt or session if named.

        Of a prompt are also its exports, its rollouts' moves, and the questions that were asked with it.
        """
        if session is not None:
            return self._of(Subject(self.organization, Kind.SESSION, session), after)
        if prompt is None:
            return self._of(None, after)
        subjects = (Subject(self.organization, kind, prompt) for kind in OF_A_PROMPT)
        found = [self._of(subject, after) for subject in subjects]
        return merge(*found, self._asked(prompt, after), key=lambda entry: entry.position)

    def _asked(self, prompt: str, after: Position) -> Iterator[Entry]:
        """Entries of questions with *prompt*: each is a subject of its own, so the whole log is read."""
        if any(asked_of(each) == prompt for each in self.ledger.subjects(self.organization, Kind.ASK)):
            yield from (entry for entry in self._of(None, after) if asked_of(entry.event.subject) == prompt)

    def _of(self, subject: Subject | None, after: Position) -> Iterator[Entry]:
        while page := self.ledger.follow(self.organization, after, _PAGE, subject):
            yield from page
            after = page[-1].position

    def last(self, count: int, *, prompt: str | None = None, session: str | None = None) -> tuple[Entry, ...]:
        """The newest *count* (from 1) entries, oldest first, also of one prompt or one session.

        Raises `NotFound` for one without any, and `InvalidInput` where both are named.
        """
        if prompt is not None and session is not None:
            raise InvalidInput("both are named", place="prompt and session", remedy="name one of them")
        if count < 1:
            raise InvalidInput(
                f"a count is a number from 1, not {count}", place="audit", remedy="ask for more"
            )
        if prompt is None and session is None:
            head = self.ledger.head(self.organization).position
            return tuple(self.entries(after=Position(max(START, head - count))))[-count:]
        found = tuple(self.entries(prompt=prompt, session=session))
        if not found:
            command = "status" if session is None else "sessions list"
            raise NotFound(
                "the audit log has no entry of it",
                place=f"prompt {prompt}" if session is None else f"session {session}",
                remedy=f"'jackfield {command}' lists those that there are",
            )
        return found[-count:]

    def anchor(self) -> Anchor:
        """Return the head, to be kept elsewhere; raise `NotFound` while there is no entry.

        (Every chain begins with the head of an empty one: it would prove nothing.) Raises `ChainBroken` if it
        is not the head of the entry that stands there.
        """
        head = self._head()
        if head.position == START:
            raise NotFound(
                "the audit log is empty, and an anchor of it would prove nothing",
                place="audit",
                remedy="take one after the first change",
            )
        return Anchor(
            organization=self.organization, position=head.position, hash=head.head, time=self.clock.now()
        )

    def _head(self) -> Receipt:
        """The ledger's own head; raise `ChainBroken` if it is not that of the entry that stands there."""
        head = self.ledger.head(self.organization)
        before = Position(max(START, head.position - 1))
        for _ in headed(self.ledger.follow(self.organization, before, 1), head.position, head.head):
            continue
        return head

    def _whole(self) -> Iterator[Entry]:
        """Every entry. What the ledger calls its head when the reading begins must be among them.

        A store may keep it apart from the entries: it tells that the newest are gone. Those behind it are
        newer, and then the head has moved on when the reading ends.
        """
        head, last = self.ledger.head(self.organization), START
        for entry in headed(self.entries(), head.position, head.head):
            last = entry.position
            yield entry
        if self.ledger.head(self.organization).position < last:
            raise ChainBroken(
                "an entry stands behind what the ledger calls its newest",
                position=last,
                remedy="somebody changed the ledger: compare it with a backup",
            )

    def verify(self, *, anchor: str | None = None, anchors: Iterable[Anchor] = ()) -> Verified:
        """Check the whole chain, and every prompt and version against what the chain tells of them.

        Raises `ChainBroken` where something does not fit: an entry, what the ledger calls its head, a payload
        that is gone without an erasure that tells of it, a prompt or version that is not what the log says,
        *anchor* (a hash) or any of *anchors* not in the chain. `InvalidInput` for an anchor of another
        organization. `Unavailable` where the store is damaged, also where no entry stands: of a ledger in the
        state folder every page is read; a plugin's ledger looks after its own.
        """
        anchors = tuple(anchors)
        self._refuse_foreign(anchors)
        told = Told()
        verified = verify(told.listen(anchored(self._whole(), anchors)), anchor=anchor)
        told.refuse_unexplained()
        kept = self.ledger.subjects(self.organization, Kind.PROMPT)
        for subject in dict.fromkeys((*told.states, *kept)):
            self._agree(subject, told.settled(subject))
        self.look()
        return verified

    def _refuse_foreign(self, anchors: Iterable[Anchor]) -> None:
        for anchor in anchors:
            if anchor.organization != self.organization:
                raise InvalidInput(
                    f"an anchor is of the organization {anchor.organization}, not of {self.organization}",
                    place="audit",
                    remedy="keep a file of anchors for each organization, or name another target",
                )

    def _agree(self, subject: Subject, told: Settled | None) -> None:
        for _ in range(_TRIES):
            if self._is_told(subject, self.ledger.read(subject).state, told):
                return
            newer = Told({subject: told} if told else None)
            newer.hear(self._of(subject, told.position if told else START))
            if newer.settled(subject) == told:
                break
            told = newer.settled(subject)
        raise ChainBroken(
            "what is kept of it is not what the log tells",
            position=told.position if told else START,
            place=f"prompt {subject.name}",
            remedy="somebody changed the ledger: compare it with a backup",
        )

    def _is_told(self, subject: Subject, state: object, told: Settled | None) -> bool:
        if not isinstance(state, PromptState) or not _is_begun(state.pending, told.begun if told else None):
            return False
        if told is not None and told.fingerprint is None:
            return True
        if fingerprint(state) != (told.fingerprint if told else fingerprint(PromptState())):
            return False
        return all(self._is_kept(subject.name, *version) for version in state.versions.items())

    def _is_kept(self, name: str, number: str, content_hash: str) -> bool:
        kept = self.ledger.read(Subject(self.organization, Kind.VERSION, f"{name}@{number}")).state
        if not isinstance(kept, VersionState):
            return False
        of, hashes = kept.definition, {kept.content_hash, kept.definition.content_hash}
        return (of.name, of.version, hashes) == (name, number, {content_hash})


def _is_begun(pending: Operation | None, told: Begun | None) -> bool:
    """Say whether what keeps the prompt from others is what the log tells, and not for longer than it may."""
    if pending is None or told is None:
        return pending is None and told is None
    return pending.id == told.id and abs(pending.expires - told.time) <= LONGEST_INTENT
