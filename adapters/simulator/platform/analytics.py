"""Metrics of prompts, §5 of the wire contract: their conversations page by page, and summed up.

One path has two dialects: that of §8 is `details`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from attrs import frozen

from jackfield.adapters.simulator.platform import details
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
from jackfield.adapters.simulator.platform.querying import (
    PATH,
    Stretch,
    read_size,
    read_stretch,
    read_time,
    read_words,
)
from jackfield.adapters.simulator.platform.reading import REQUIRED, Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ANALYTICS, METRICS

QUERY: Final = PATH
TOTALS: Final = "/api/v2/ai/llm/metrics"

_VIEW: Final = "ai_llm_gateway"
_GROUPINGS: Final = ("aiPromptId",)
_METRICS: Final = ("aiLatency", "aiTokensUsed", "aiSuccessRate")
_DAY: Final = timedelta(days=1)
_CURSOR: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")


@frozen(kw_only=True)
class _Query:
    """What is asked for."""

    stretch: Stretch
    prompts: tuple[str, ...]
    metrics: tuple[str, ...]
    size: int


@frozen
class _Found:
    """A conversation of one of the prompts asked for, and where it is kept."""

    prompt: int
    place: Place
    conversation: Conversation


def query(call: Call) -> Answer:
    """Return one page of the prompts' conversations; the next one's link is POSTed with the same body.

    Conversations with bots are asked for in another dialect.
    """
    if details.speaks(call.document()):
        return details.query(call)
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
    until = read_time(fields, "dateTo", call.now)
    since = read_time(fields, "dateFrom", until - _DAY)
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
        for at, each in kept.read(prompt_id, asked.stretch.since_ms, asked.stretch.until_ms, after):
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
        read_words(fields, "groupings", _GROUPINGS)
    asked = _Query(
        stretch=read_stretch(fields),
        prompts=tuple(_prompts(fields)),
        metrics=read_words(fields, "metrics", _METRICS),
        size=read_size(fields),
    )
    fields.refuse_faults()
    return asked


def _prompts(fields: Fields) -> Iterator[str]:
    filters = list(fields.objects("filters"))
    for each in filters:
        each.choice("filterType", ("string",))
        each.choice("type", _GROUPINGS)
        yield from read_words(each, "values")
    if not filters and not fields.faults:
        fields.fault(REQUIRED, "filters")


ROUTES: Final = (
    Route(QUERY, {"POST": query}, ANALYTICS),
    Route(TOTALS, {"GET": totals}, METRICS),
)
