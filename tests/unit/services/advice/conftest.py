"""A desk with a platform's recommendations, a ledger, a shared cache, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, field

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.advice import FakeAdviceGateway
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.events import START, Entry
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice import Advice, Holding, Making, Rules
from jackfield.ports.cache import Cache
from jackfield.ports.ledger import Ledger

ACME: Final = Organization("acme")
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
PAST: Final = timedelta(hours=2)


def query(said: str = "I want my money back", **fields: Any) -> AdviceQuery:
    """What agent a-1 needs in conversation c-1."""
    return AdviceQuery(**{"conversation": "c-1", "transcript": said, "agent": "a-1", **fields})


@define
class Desk:
    """Everything of one story; `open` gives another process's advice on the same ledger and cache."""

    folder: Path
    clock: FrozenClock = field(factory=FrozenClock)
    heard: list[Measurement] = field(factory=list[Measurement])
    opened: list[Advice] = field(factory=list[Advice])
    gateway: FakeAdviceGateway = field(init=False)
    ledger: SqliteLedger = field(init=False)
    cache: Cache = field(init=False)
    ids: Iterator[int] = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.gateway = FakeAdviceGateway(clock=self.clock, items=[self.item("one"), self.item("two", 0.9)])
        self.ledger = SqliteLedger(self.folder / "ledger" / "ledger.db")
        self.cache = MemoryCache(self.clock)

    def item(
        self, name: str, relevance: float = 0.95, age: timedelta = PAST, source: str = "kb-billing"
    ) -> Item:
        """A recommendation that is good enough unless it is said otherwise."""
        content = f"{name} tells of {name} and of nothing else than {name}"
        published = self.clock.now() - age
        return Item(
            id=name, title=name, content=content, relevance=relevance, published=published, source=source
        )

    def open(self, org: Organization = ACME, *, ledger: Ledger | None = None, **given: Any) -> Advice:
        """Another process; *given* are the rules, and what `Making` takes beside them."""
        own = {name: given.pop(name) for name in list(given) if name in _RULES}
        holding = {name: given.pop(name) for name in list(given) if name in _HOLDING}
        made: dict[str, Any] = {
            "organization": org,
            "gateway": self.gateway,
            "ledger": ledger or self.ledger,
            "clock": self.clock,
            "new_id": lambda: f"{next(self.ids):032x}",
            "holder": f"here:{len(self.opened)}",
            "cache": self.cache,
            "leases": SqliteLeases(self.ledger.file, self.clock),
            "rules": Rules(holding=Holding(**holding), **own),
            "measure": self.heard.append,
            **given,
        }
        advice = Making(**made).advice()
        self.opened.append(advice)
        return advice

    def told(self, kind: str = "", org: Organization = ACME) -> list[Entry]:
        """What the log has, of the types that begin so."""
        for each in self.opened:
            each.flush()
        return [e for e in self.ledger.follow(org, START, 1_000) if e.event.type.startswith(kind)]

    def counted(self, name: str) -> list[tuple[dict[str, str], float]]:
        """What was measured under a name."""
        return [(dict(each.labels), each.value) for each in self.heard if each.name == name]

    def close(self) -> None:
        for each in self.opened:
            each.close()
        self.ledger.close()


_RULES: Final = frozenset(
    {"sieve", "deadline", "agents", "durable", "entries", "bytes", "threads", "waiting"}
)
_HOLDING: Final = frozenset({"fresh", "stale", "negative", "revalidate"})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def advice(desk: Desk) -> Advice:
    """The advice of one process."""
    return desk.open()
