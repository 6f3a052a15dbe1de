"""Which commits of a group may happen: decided by what is there while the heads of the chains are locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from attrs import define, field

from jackfield.adapters.codec import Draft
from jackfield.adapters.postgres.connections import BEGIN, Connection, Row
from jackfield.adapters.writes import Key, Outcome, Request, Write, changed_meanwhile, key_of
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.events import GENESIS, START, Position
from jackfield.ports.ledger import Receipt, Repeat

Once: TypeAlias = tuple[str, str, str, str]

# In one order, so that no two writers wait for each other.
_HEADS: Final = """
    SELECT organization, position, hash FROM jackfield.heads
    WHERE organization = ANY(%b) ORDER BY organization FOR UPDATE"""
_FIRST: Final = """
    INSERT INTO jackfield.heads SELECT unnest(%b::bytea[]), %s, %s ON CONFLICT DO NOTHING"""
_REVISIONS: Final = """
    SELECT s.organization, s.kind, s.name, s.revision
    FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[]) AS w (organization, kind, name)
    JOIN jackfield.subjects s
        ON s.organization = w.organization AND s.kind = w.kind AND s.name_hash = sha256(w.name)"""
_ONCES: Final = """
    SELECT o.organization, o.kind, o.name, o.once
    FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[]) AS w (organization, kind, name, once)
    JOIN jackfield.onces o
        ON o.organization = w.organization AND o.kind = w.kind
        AND o.name_hash = sha256(w.name) AND o.once_hash = sha256(w.once)"""
_ENTRIES: Final = """
    INSERT INTO jackfield.entries (organization, position, hash, kind, name, head, payload)
    SELECT * FROM unnest(%b::bytea[], %s::bigint[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[],
        %b::bytea[])"""
_STATES: Final = """
    INSERT INTO jackfield.subjects (organization, kind, name, revision, state)
    SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %s::bigint[], %b::bytea[])
    ON CONFLICT (organization, kind, name_hash)
    DO UPDATE SET revision = excluded.revision, state = excluded.state"""
_KEEP_ONCES: Final = """
    INSERT INTO jackfield.onces (organization, kind, name, once)
    SELECT * FROM unnest(%b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])"""
_MOVE: Final = """
    UPDATE jackfield.heads h SET position = w.position, hash = w.hash
    FROM unnest(%b::bytea[], %s::bigint[], %b::bytea[]) AS w (organization, position, hash)
    WHERE h.organization = w.organization"""


@define
class Admission:
    """The heads, revisions and onces of a group's commits, and what is to be written of them."""

    heads: dict[str, tuple[int, str]]
    revisions: dict[Key, int]
    onces: set[Once]
    states: dict[Key, tuple[int, str]] = field(factory=dict[Key, tuple[int, str]])
    kept: list[Once] = field(factory=list[Once])
    entries: list[Row] = field(factory=list[Row])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be written."""
        return not self.states

    def admit(self, request: Request) -> Outcome | Conflict:
        """Check every condition of a commit before anything of it is taken up."""
        for write in request.writes:
            if write.once is not None and (*write.key, write.once) in self.onces:
                return Repeat(write.subject, write.once)
        for write in request.writes:
            revision = self.revisions.get(write.key, 0)
            if revision != write.expected:
                return changed_meanwhile(write, revision)
        return self._take_up(request)

    def _take_up(self, request: Request) -> Receipt:
        position, head = self.heads[request.organization]
        for write in request.writes:
            self._put(write)
            for draft in write.drafts:
                position, head = self._chain(draft, position + 1, head)
        self.heads[request.organization] = position, head
        return Receipt(Position(position), head)

    def _put(self, write: Write) -> None:
        revision = self.revisions[write.key] = write.expected + 1
        self.states[write.key] = revision, write.state
        if write.once is not None:
            self.onces.add((*write.key, write.once))
            self.kept.append((*write.key, write.once))

    def _chain(self, draft: Draft, position: int, previous: str) -> tuple[int, str]:
        text = draft.placed(position, previous)
        head = digest(text)
        organization, kind, name = map(str.encode, key_of(draft.subject))
        payload = draft.payload.encode()
        self.entries.append((organization, position, bytes.fromhex(head), kind, name, text.encode(), payload))
        return position, head

    def write(self, connection: Connection) -> None:
        """Write everything that was taken up, into the open transaction."""
        if self.entries:
            connection.execute(_ENTRIES, _columns(self.entries))
            heads = [(o.encode(), p, bytes.fromhex(h)) for o, (p, h) in self.heads.items()]
            connection.execute(_MOVE, _columns(heads))
        states = [(*map(str.encode, k), r, text.encode()) for k, (r, text) in self.states.items()]
        connection.execute(_STATES, _columns(states))
        if self.kept:
            connection.execute(_KEEP_ONCES, _columns(_encoded(self.kept)))


def begun(connection: Connection, requests: Sequence[Request]) -> Admission:
    """Begin a transaction in which *requests* may be admitted: nobody else writes to their organizations."""
    organizations = sorted({request.organization for request in requests})
    admission = _gathered(connection, organizations, requests)
    if admission is None:
        connection.execute("ROLLBACK")
        encoded = [o.encode() for o in organizations]
        connection.execute(_FIRST, (encoded, START, bytes.fromhex(GENESIS)))
        admission = _gathered(connection, organizations, requests)
    if admission is None:
        raise AssertionError("unreachable: heads are never removed")
    return admission


def _gathered(
    connection: Connection, organizations: Sequence[str], requests: Sequence[Request]
) -> Admission | None:
    """In one round trip. What is read behind the lock is what is there once the lock is had."""
    writes = [write for request in requests for write in request.writes]
    onces = [(*write.key, write.once) for write in writes if write.once is not None]
    with connection.pipeline():
        connection.execute(BEGIN)
        heads = connection.execute(_HEADS, ([o.encode() for o in organizations],), binary=True)
        keys = _columns(_encoded(write.key for write in writes))
        revisions = connection.execute(_REVISIONS, keys, binary=True)
        known = connection.execute(_ONCES, _columns(_encoded(onces)), binary=True) if onces else None
    found = {o.decode(): (p, h.hex()) for o, p, h in heads}
    if len(found) < len(organizations):
        return None
    return Admission(
        heads=found,
        revisions={_key(columns): revision for *columns, revision in revisions},
        onces=set() if known is None else {_once(row) for row in known},
    )


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _encoded(rows: Iterable[tuple[str, ...]]) -> list[tuple[bytes, ...]]:
    return [tuple(text.encode() for text in row) for row in rows]


def _key(row: Sequence[bytes]) -> Key:
    organization, kind, name = (text.decode() for text in row)
    return organization, kind, name


def _once(row: Sequence[bytes]) -> Once:
    organization, kind, name, once = (text.decode() for text in row)
    return organization, kind, name, once
