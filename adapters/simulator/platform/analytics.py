"""Metrics of prompts, §5 of the wire contract: their conversations page by page, and summed up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from attrs import frozen

from jackfield.adapters.simulator.platform.answers import Answer, Fault, Rejection
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.catalog import Catalog
from jackfield.adapters.simulator.platform.conversations import (
    Conversation,
    Conversations,
    Place,
    to_ms,
    to_text,
)
from jackfield.adapters.simulator.platform.reading import (
    NOT_ALLOWED,
    OUT_OF_RANGE,
    REQUIRED,
    WRONG_TYPE,
    Fields,
)
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ANALYTICS, METRICS

QUERY: Final = "/api/v2/analytics/conversations/details/query"
TOTALS: Final = "/api/v2/ai/llm/metrics"

_VIEW: Final = "ai_llm_gateway"
_GROUPINGS: Final = ("aiPromptId",)
_METRICS: Final = ("aiLatency", "aiTokensUsed", "aiSuccessRate")
_PAGE_SIZE: Final = 200
_LARGEST_PAGE: Final = 1_000
_DAY: Final = timedelta(days=1)
_CURSOR: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")


@frozen(kw_only=True)
class _Query:
    """What is asked for; the times are [since, until) in milliseconds."""

    prompts: tuple[str, ...]
    since_ms: int
    until_ms: int
    metrics: tuple[str, ...]
    size: int


@frozen
class _Found:
    """A conversation of one of the prompts asked for, and where it is kept."""

    prompt: int
    place: Place
    conversation: Conversation


def query(call: Call) -> Answer:
    """Return one page of the prompts' conversations; the next one's link is POSTed with the same body."""
    asked = _read(call)
    prompt, place = _cursor(call)
    found = list(islice(_found(call, asked, prompt, place), asked.size + 1))
    entities = [_entity(each, asked) for each in found[: asked.size]]
    following = _link(found[-1]) if len(found) > asked.size else None
    return Answer(200, {"entities": entities, "nextPageUri": following})


def totals(call: Call) -> Answer:
    """Return a prompt's sums over a time, the last day unless asked; without conversations they are null."""
    fields = Fields(call.query)
    prompt_id = fields.text("promptId")
    until = _time(fields, "dateTo", call.now)
    since = _time(fields, "dateFrom", until - _DAY)
    fields.refuse_faults()
    Catalog(call.state).prompt(prompt_id)
    kept = Conversations(call.state).read(prompt_id, to_ms(since), to_ms(until), Place(0, 0))
    return Answer(200, {"promptId": prompt_id, **_sums([each for _, each in kept])})


def _sums(found: list[Conversation]) -> dict[str, Any]:
    count = len(found)
    if not count:
        nothing = dict.fromkeys(("avgLatencyMs", "p95LatencyMs", "tokensUsed", "successRate"))
        return {"requestCount": 0, **nothing}
    latencies = sorted(each.latency_ms for each in found)
    return {
        "requestCount": count,
        "avgLatencyMs": math.fsum(latencies) / count,
        "p95LatencyMs": latencies[-(-95 * count // 100) - 1],
        "tokensUsed": sum(each.tokens for each in found),
        "successRate": sum(each.success for each in found) / count,
    }


def _found(call: Call, asked: _Query, first: int, place: Place) -> Iterator[_Found]:
    kept = Conversations(call.state)
    for number, prompt_id in enumerate(asked.prompts[first:], start=first):
        after = place if number == first else Place(0, 0)
        for at, each in kept.read(prompt_id, asked.since_ms, asked.until_ms, after):
            yield _Found(number, at, each)


def _entity(found: _Found, asked: _Query) -> dict[str, Any]:
    each = found.conversation
    measured = {
        "aiLatency": each.latency_ms,
        "aiTokensUsed": each.tokens,
        "aiSuccessRate": float(each.success),
    }
    return {
        "aiPromptId": asked.prompts[found.prompt],
        "promptVersion": each.version,
        "variantId": each.variant,
        "timestamp": to_text(each.at_ms),
        **{name: measured[name] for name in asked.metrics},
    }


def _link(following: _Found) -> str:
    cursor = f"{following.place.chunk}.{following.place.row}"
    return f"{QUERY}?{urlencode({'prompt': following.prompt, 'cursor': cursor})}"


def _cursor(call: Call) -> tuple[int, Place]:
    text, prompt = call.query.get("cursor", "0.0"), call.query.get("prompt", "0")
    match = _CURSOR.fullmatch(text)
    if match is None or not re.fullmatch(r"[0-9]{1,4}", prompt, re.ASCII):
        fault = Fault("invalid.value", "cursor")
        raise Rejection(
            "invalid.value", faults=(fault,), field="cursor", type="string", allowed="those of nextPageUri"
        )
    return int(prompt), Place(int(match[1]), int(match[2]))


def _read(call: Call) -> _Query:
    fields = Fields(call.document())
    fields.choice("view", (_VIEW,))
    if "groupings" in fields.values:
        _texts(fields, "groupings", _GROUPINGS)
    since, until = (_time(fields, name) for name in ("dateFrom", "dateTo"))
    asked = _Query(
        prompts=tuple(_prompts(fields)),
        since_ms=to_ms(since),
        until_ms=to_ms(until),
        metrics=_texts(fields, "metrics", _METRICS),
        size=_size(fields),
    )
    if not fields.faults and until <= since:
        fields.fault(OUT_OF_RANGE, "dateTo")
    fields.refuse_faults()
    return asked


def _prompts(fields: Fields) -> Iterator[str]:
    filters = list(fields.objects("filters"))
    for each in filters:
        each.choice("filterType", ("string",))
        each.choice("type", _GROUPINGS)
        yield from _texts(each, "values")
    if not filters and not fields.faults:
        fields.fault(REQUIRED, "filters")


def _texts(fields: Fields, name: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    values = fields.values.get(name)
    if not isinstance(values, list) or not values:
        fields.fault(WRONG_TYPE if values is not None and values != [] else REQUIRED, name)
        return ()
    listed: list[Any] = values
    if not all(isinstance(each, str) for each in listed):
        fields.fault(WRONG_TYPE, name)
        return ()
    if allowed and not {*listed} <= {*allowed}:
        fields.fault(NOT_ALLOWED, name)
        return ()
    return tuple(dict.fromkeys(listed))


def _size(fields: Fields) -> int:
    if "pageSize" not in fields.values:
        return _PAGE_SIZE
    size = fields.count("pageSize")
    if size > _LARGEST_PAGE:
        fields.fault(OUT_OF_RANGE, "pageSize")
    return min(size, _LARGEST_PAGE)


def _time(fields: Fields, name: str, default: datetime | None = None) -> datetime:
    """Return a time with a zone; one that has no default must be there."""
    if name not in fields.values and default is not None:
        return default
    text = fields.text(name)
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None and time.year > 1:
            return time
    except ValueError:
        pass
    if text:
        fields.fault("date.format", name)
    return datetime.fromisoformat("2000-01-01T00:00:00Z")


ROUTES: Final = (
    Route(QUERY, {"POST": query}, ANALYTICS),
    Route(TOTALS, {"GET": totals}, METRICS),
)
