"""Advice on a cache folder, the entries it leaves there, and what rot and strangers make of them."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sqlite3
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Advised, Making
from jackfield.ports.advice import Recommended
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock

ACME: Final = Organization("acme")
GLOBEX: Final = Organization("globex")
BEGUN: Final = b"b"
ENDED: Final = b"e"

_SAID: Final = "customer: I was charged twice, in {conversation}.\n"
_HOSTILE: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 7, 2**70, 1e308, "", " ", "x" * 5_000, "\x00", "half \ud800", [], [[]], {}),
    *({"a": {}}, [None] * 7, "2026-01-01", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+23:59"),
)


def query(conversation: str) -> AdviceQuery:
    """What is asked in a conversation: the same each time."""
    return AdviceQuery(
        conversation, _SAID.format(conversation=conversation), "agent-1", ("billing",), ("kb",)
    )


@define(eq=False)
class Librarian:
    """Recommends of a query one article that says whose it is, and one that is not good enough."""

    of: Organization
    clock: Clock
    away: bool = False

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Give them, or raise `Unavailable` while it is away."""
        del wanted, ends
        if self.away:
            raise Unavailable("nobody answers", place="platform", remedy="wait")
        yield tuple(self._article(query, relevance) for relevance in (0.95, 0.3))

    def _article(self, query: AdviceQuery, relevance: float) -> Item:
        return Item(
            id=f"{self.of} {query.conversation} {relevance}",
            title="An article",
            content=f"what {self.of} knows of {query.transcript}",
            relevance=relevance,
            published=self.clock.now() - timedelta(hours=1),
            source="kb",
        )


def right(organization: Organization, conversation: str) -> list[tuple[str, str]]:
    """The id and the text of what an agent is to see in a conversation."""
    said = _SAID.format(conversation=conversation)
    return [(f"{organization} {conversation} 0.95", f"what {organization} knows of {said}")]


def seen(advised: Advised) -> list[tuple[str, str]]:
    """The id and the text of what an agent sees."""
    return [(each.item.id, each.item.content) for each in advised.accepted]


@define(eq=False)
class Pantry:
    """Advice of organizations on one cache folder; each `process` knows nothing but what is there."""

    folder: Path
    clock: Clock = field(factory=FrozenClock)
    troubles: list[str] = field(factory=list[str])
    librarians: dict[Organization, Librarian] = field(init=False)
    _ledger: SqliteLedger = field(init=False)
    _ids: Iterator[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        self.librarians = {each: Librarian(each, self.clock) for each in (ACME, GLOBEX)}
        self._ledger = SqliteLedger(self.folder.parent / f"ledger-{os.getpid()}" / "ledger.db")

    def disk(self) -> DiskCache:
        """The cache of one process."""
        return DiskCache(self.folder, self.clock, failed=self.troubles.append)

    @contextmanager
    def process(self, organization: Organization = ACME, *, cache: Cache | None = None) -> Generator[Advice]:
        """The advice of another process, as long as the block lasts."""
        advice = Making(
            organization=organization,
            gateway=self.librarians[organization],
            ledger=self._ledger,
            clock=self.clock,
            new_id=lambda: f"{next(self._ids):032x}",
            holder="here",
            cache=self.disk() if cache is None else cache,
        ).advice()
        try:
            yield advice
        finally:
            advice.close()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on the file, as somebody else would."""
        with closing(sqlite3.connect(self.folder / "cache.db", isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    def close(self) -> None:
        """Close the ledger of all."""
        self._ledger.close()


def signed(text: str) -> bytes:
    """An entry as advice writes them, of any text: nothing secret is needed for it."""
    body = text.encode(errors="surrogatepass")
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def damaged(source: Random, entry: bytes) -> bytes:
    """*entry* after some rot: never what it was."""
    rots = (_flipped, _cut, _dropped, _twice, _zeroed, _grown)
    found = source.choice(rots)(source, entry)
    return found if found != entry else _flipped(source, entry)


def _flipped(source: Random, entry: bytes) -> bytes:
    found = bytearray(entry)
    for at in {source.randrange(len(found)) for _ in range(source.choice((1, 1, 2, 20)))}:
        found[at] ^= 1 << source.randrange(8)
    return bytes(found)


def _cut(source: Random, entry: bytes) -> bytes:
    return entry[: source.randrange(len(entry))]


def _dropped(source: Random, entry: bytes) -> bytes:
    start = source.randrange(len(entry))
    return entry[:start] + entry[start + source.randrange(1, 200) :]


def _twice(source: Random, entry: bytes) -> bytes:
    start = source.randrange(len(entry))
    end = start + source.randrange(1, 200)
    return entry[:end] + entry[start:]


def _zeroed(source: Random, entry: bytes) -> bytes:
    start = source.randrange(len(entry))
    part = entry[start : start + source.randrange(1, 200)]
    return entry[:start] + bytes(len(part)) + entry[start + len(part) :]


def _grown(source: Random, entry: bytes) -> bytes:
    start = source.randrange(len(entry))
    return entry[:start] + source.randbytes(source.randrange(1, 50)) + entry[start:]


def foreign(canary: Path) -> tuple[bytes, ...]:
    """Entries that advice never wrote: code, other forms, depths and sizes."""
    shapes = ("null", "7", '""', "[]", "{}", "[[],[],[],[],[],[]]", "[1,2,3,4,5]", "[1,2,3,4,5,6,7]")
    deep = "[" * 100_000, "[" * 900 + "]" * 900, '{"a":' * 50_000
    odd = "NaN", "[NaN,1e999,-0]", '"\\ud800"', "1" * 5_000, "\ufeff[]", '["\ud800"]'
    texts = (*shapes, *deep, *odd)
    return (
        pickle.dumps(_Canary(str(canary))),
        signed(pickle.dumps(_Canary(str(canary)), 0).decode("latin-1")),
        *(b"", b"\n", b"\x00" * 100, b"\xff\xfe", b"x" * 1_000_000, hashlib.sha256(b"").hexdigest().encode()),
        *map(signed, texts),
        *(each.encode(errors="surrogatepass") for each in texts),
    )


class _Canary:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


def forged(source: Random, entry: bytes) -> bytes:
    """*entry* with something else in one place of it, and a checksum that fits."""
    said: Any = json.loads(entry.partition(b"\n")[2])
    places = list(_places(said))
    holder, at = source.choice(places)
    holder[at] = source.choice(_HOSTILE)
    return signed(json.dumps(said, ensure_ascii=source.random() < 0.5))


def _places(said: Any) -> Iterator[tuple[Any, int]]:
    """Every place of a list, and of those in it; the first two say whose it is."""
    for at, each in enumerate(said):
        yield said, at
        if isinstance(each, list):
            yield from _places(each)


@define(eq=False)
class Announcing:
    """A cache that tells when it begins to write, and when it has."""

    inner: Cache
    tell: Callable[[bytes], object]

    def get(self, key: str) -> bytes | None:
        """Read."""
        return self.inner.get(key)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Write, and tell."""
        self.tell(BEGUN)
        self.inner.put(key, value, lifetime)
        self.tell(ENDED)

    def drop(self, key: str) -> None:
        """Drop."""
        self.inner.drop(key)

    def close(self) -> None:
        """Close."""
        self.inner.close()


def judge_elsewhere(advice: Advice, advised: Advised) -> None:
    """Drop every answer that holds its first, which is wrong in a conversation of its own alone."""
    first = advised.accepted[0]
    advice.feedback(first, agent="agent-2", action="wrong", conversation="elsewhere")


def _write_for_ever(folder: str, seed: str) -> None:
    """Ask, display and judge until somebody kills this process."""
    source, pantry = Random(seed), Pantry(Path(folder), SystemClock())
    with pantry.process(cache=Announcing(pantry.disk(), lambda what: os.write(1, what))) as advice:
        for number in count():
            advised = advice.query(query(f"c-{source.randrange(200)}"))
            if number % 3 == 0:
                advice.displayed(advised)
            if number % 7 == 0:
                judge_elsewhere(advice, advised)


if __name__ == "__main__":
    _write_for_ever(*sys.argv[1:])
