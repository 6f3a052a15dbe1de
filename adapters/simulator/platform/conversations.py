"""The conversations that a prompt answered: made as the platform would route them, and read by time."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.simulator.platform.catalog import Catalog
from jackfield.adapters.simulator.platform.traffic import Chances, Traffic, outcome
from jackfield.adapters.simulator.store import Document, Transaction
from jackfield.domain.model.errors import InvalidInput, NotFound

TRAFFIC: Final = "traffic"
CONVERSATIONS: Final = "conversations"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_HOUR_MS: Final = 3_600_000
_CHUNK: Final = 500
_MOST: Final = 1_000_000
_LONGEST: Final = timedelta(days=3_660)


@frozen
class Place:
    """Where a conversation is kept: the number of its chunk, and its place in there."""

    chunk: int
    row: int


@frozen(kw_only=True)
class Conversation:
    """One answered conversation; `at_ms` since 1970, `success` 1 or 0."""

    at_ms: int
    version: str
    variant: str | None
    latency_ms: float
    tokens: int
    success: int


@frozen
class Routing:
    """Which version a conversation gets: a share for each enabled A/B trigger, the rest what is live."""

    live: str
    splits: tuple[tuple[str, str], ...]
    edges: tuple[float, ...]

    @classmethod
    def of(cls, catalog: Catalog, prompt: Document) -> Routing:
        """Read it from the prompt and its versions."""
        prompt_id = prompt["live"]["id"]
        views = [catalog.version(prompt_id, number)["view"] for number in prompt["splits"]]
        splits = tuple((view["version"], view["abTestingTrigger"]["variantId"]) for view in views)
        edges = accumulate(view["abTestingTrigger"]["trafficPercent"] for view in views)
        return cls(prompt["live"]["version"], splits, tuple(edges))

    def route(self, chance: float) -> tuple[str, str | None]:
        """Return the version, and the variant's name if it is routed by a trigger."""
        at = bisect(self.edges, chance)
        return self.splits[at] if at < len(self.splits) else (self.live, None)


@frozen
class Conversations:
    """Files conversations in chunks and reads them in the order in which they were made."""

    state: Transaction

    def count(self, prompt_id: str) -> int:
        """Return how many the prompt has."""
        return int(self._about(prompt_id)["count"])

    def make(
        self, prompt: str, traffic: Traffic, *, count: int, since: datetime, until: datetime
    ) -> Mapping[str, int]:
        """Make *count* of them for the prompt of that name or id; return how many each version got."""
        _check(count, since, until)
        catalog = Catalog(self.state)
        document = _prompt(catalog, prompt)
        stretch = _Stretch(
            prompt_id=document["live"]["id"],
            traffic=traffic,
            routing=Routing.of(catalog, document),
            since_ms=to_ms(since),
            span_ms=(until - since) / _MILLISECOND,
            count=count,
        )
        return self._file(stretch)

    def read(self, prompt_id: str, since_ms: int, until_ms: int, after: Place) -> Iterator[Any]:
        """Give each conversation of [since, until) from *after* on, as (place, conversation)."""
        for number in range(after.chunk, int(self._about(prompt_id)["chunks"])):
            chunk = self.state.get(CONVERSATIONS, f"{prompt_id}/{number}")
            if chunk is None or chunk["to"] < since_ms or chunk["from"] >= until_ms:
                continue
            first = after.row if number == after.chunk else 0
            for at, row in enumerate(chunk["rows"][first:], start=first):
                if since_ms <= row[0] < until_ms:
                    yield Place(number, at), _conversation(row)

    def _about(self, prompt_id: str) -> Document:
        return self.state.get(TRAFFIC, prompt_id) or {"count": 0, "chunks": 0, "first": {}}

    def _file(self, stretch: _Stretch) -> Mapping[str, int]:
        about = self._about(stretch.prompt_id)
        first, made = dict(about["first"]), Counter[str]()
        chunks = int(about["chunks"])
        for begin in range(0, stretch.count, _CHUNK):
            numbers = range(begin, min(begin + _CHUNK, stretch.count))
            rows = [stretch.row(at, int(about["count"]) + at, first) for at in numbers]
            made.update(row[1] for row in rows)
            times = [row[0] for row in rows]
            document: Document = {"from": min(times), "to": max(times), "rows": rows}
            self.state.put(CONVERSATIONS, f"{stretch.prompt_id}/{chunks}", document)
            chunks += 1
        about = {"count": about["count"] + stretch.count, "chunks": chunks, "first": first}
        self.state.put(TRAFFIC, stretch.prompt_id, about)
        return dict(made)


@frozen(kw_only=True)
class _Stretch:
    """A stretch of time that is being filled."""

    prompt_id: str
    traffic: Traffic
    routing: Routing
    since_ms: int
    span_ms: float
    count: int = field()

    def row(self, at: int, number: int, first: dict[str, int]) -> list[Any]:
        """Return conversation *number*, the *at*-th of the stretch; *first* learns of new versions."""
        chances = Chances.of(self.traffic.seed, self.prompt_id, number)
        at_ms = self.since_ms + int((at + chances.moment) / self.count * self.span_ms)
        version, variant = self.routing.route(chances.route)
        hours = (at_ms - first.setdefault(version, at_ms)) / _HOUR_MS
        latency, tokens, success = outcome(self.traffic.of(version), chances, hours)
        return [at_ms, version, variant, latency, tokens, success]


def to_ms(time: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (time - _EPOCH) // _MILLISECOND


def to_text(at_ms: int) -> str:
    """Return the time as the platform writes it."""
    return f"{(_EPOCH + at_ms * _MILLISECOND).isoformat(timespec='milliseconds')[:23]}Z"


def _conversation(row: Sequence[Any]) -> Conversation:
    at_ms, version, variant, latency, tokens, success = row
    return Conversation(
        at_ms=at_ms, version=version, variant=variant, latency_ms=latency, tokens=tokens, success=success
    )


def _prompt(catalog: Catalog, prompt: str) -> Document:
    found = catalog.find(prompt)
    if found is None:
        raise NotFound("the platform has no such prompt", place=prompt[:80], remedy="give its name or id")
    return found


def _check(count: int, since: datetime, until: datetime) -> None:
    if not 0 <= count <= _MOST or not timedelta() < until - since <= _LONGEST:
        raise InvalidInput(
            f"they are 0 to {_MOST:,}, over more than no time and at most ten years",
            place="conversations",
            remedy="ask for fewer, or for another time",
        )
