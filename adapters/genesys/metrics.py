"""How prompts do on Genesys Cloud: `wire.md` §5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

import orjson
from attrs import frozen

from jackfield.adapters.genesys.client import Client, path
from jackfield.adapters.genesys.pages import QUERY, Page, read_page, read_record
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.metrics import LONGEST_MS, Reading, Record, Skip, Totals, Unread, key_of
from jackfield.ports.prompts import RemoteId

_TOTALS: Final = ("api", "v2", "ai", "llm", "metrics")
_MOST_PAGES: Final = 100_000
_MOST: Final = 10**15


@frozen
class GenesysMetrics:
    """The `PromptMetrics` of Genesys Cloud; each page is a call of its own, of `page_size` at most."""

    _client: Client
    _page_size: int = 200

    def records(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Iterator[Reading]:
        """Ask for page after page; the same body goes to each page's link."""
        since, until = _whole(since), _whole(until)
        seen = set[bytes]()
        for page in self._pages(_body(prompt, since, until, self._page_size)):
            for entity in page.entities:
                reading = read_record(entity, prompt)
                if isinstance(reading, Skip):
                    yield _unread(reading, entity)
                else:
                    yield _sifted(reading, since, until, seen)

    def totals(self, prompt: RemoteId, *, since: datetime, until: datetime) -> Totals:
        """Ask for the platform's own sums."""
        where = path(*_TOTALS, promptId=prompt, dateFrom=_text(_whole(since)), dateTo=_text(_whole(until)))
        return self._client.read(where, lambda body: _totals(body, prompt))

    def _pages(self, body: bytes) -> Iterator[Page]:
        asked, where = {QUERY}, QUERY
        for _ in range(_MOST_PAGES):
            page = self._client.query(where, body, lambda answer: self._page(answer, asked))
            yield page
            if page.following is None:
                return
            where = page.following
            asked.add(where)
        raise Unavailable(
            f"the pages do not end within {_MOST_PAGES}", place="metrics", remedy="ask for a shorter time"
        )

    def _page(self, answer: bytes, asked: set[str]) -> Page:
        page = read_page(answer, api=self._client.api)
        if page.following in asked:
            raise InvalidInput("the link to the next page does not advance")
        return page


def _sifted(record: Record, since: datetime, until: datetime, seen: set[bytes]) -> Reading:
    if not since <= record.at < until:
        return _unread(Skip.OUTSIDE, record)
    key = record.key
    if key in seen:
        return _unread(Skip.REPEATED, record)
    seen.add(key)
    return record


def _unread(why: Skip, told: object) -> Unread:
    """The key is not the record's own: told outside its time, it still counts when it is told within."""
    return Unread(why=why, key=key_of((why.value, told)))


def _body(prompt: RemoteId, since: datetime, until: datetime, page_size: int) -> bytes:
    return orjson.dumps(
        {
            "dateFrom": _text(since),
            "dateTo": _text(until),
            "view": "ai_llm_gateway",
            "groupings": ["aiPromptId"],
            "filters": [{"filterType": "string", "type": "aiPromptId", "values": [prompt]}],
            "metrics": ["aiLatency", "aiTokensUsed", "aiSuccessRate"],
            "pageSize": page_size,
        }
    )


def _totals(body: bytes, prompt: RemoteId) -> Totals:
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise InvalidInput("the answer is no JSON object")
    told = cast("dict[str, Any]", document)
    if told.get("promptId") != prompt:
        raise InvalidInput("the answer is of another prompt")
    requests = _count(told, "requestCount")
    if not requests:
        return Totals(requests=0, latency_ms=None, latency_p95_ms=None, tokens=None, success=None)
    return Totals(
        requests=requests,
        latency_ms=_number(told, "avgLatencyMs", LONGEST_MS),
        latency_p95_ms=_number(told, "p95LatencyMs", LONGEST_MS),
        tokens=_count(told, "tokensUsed"),
        success=_number(told, "successRate", 1),
    )


def _count(told: dict[str, Any], name: str) -> int:
    number = _number(told, name, _MOST)
    if number != int(number):
        raise InvalidInput(f"{name} is no whole number")
    return int(number)


def _number(told: dict[str, Any], name: str, limit: float) -> float:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limit:
        raise InvalidInput(f"{name} is missing, no number, or out of range")
    return value


def _whole(time: datetime) -> datetime:
    utc = time.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _text(time: datetime) -> str:
    return f"{time.isoformat(timespec='milliseconds')[:23]}Z"
