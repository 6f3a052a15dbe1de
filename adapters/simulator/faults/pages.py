"""Pages of records with something wrong in them: fields, numbers, repeats, or the link to the next page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import orjson
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.platform.analytics import QUERY
from jackfield.adapters.simulator.platform.calls import address

_ELSEWHERE: Final = f"https://elsewhere.example{QUERY}?cursor=0.1"
_FIELDS: Final = ("promptVersion", "timestamp", "aiLatency", "aiTokensUsed", "aiSuccessRate")
_THIRD: Final = 3


def spoiled(kind: str, request: Request, response: Response) -> Response:
    """Return the page as a platform sends it that has this fault; any other answer as it is."""
    document: object = orjson.loads(response.body)
    if not isinstance(document, dict) or "entities" not in document:
        return response
    page = cast("dict[str, Any]", document)
    changed = {**page, **_SPOILERS[kind](page, request)}
    # Not orjson, which writes no NaN.
    return evolve(response, body=json.dumps(changed, ensure_ascii=False).encode())


def of_pages(method: str, path: str) -> bool:
    """Say whether a call is one for pages of records."""
    return method == "POST" and path == QUERY


def _without_fields(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Every third record lacks a field, each time another one."""
    records = page["entities"]
    for number, at in enumerate(range(0, len(records), _THIRD)):
        missing = _FIELDS[number % len(_FIELDS)]
        records[at] = {name: value for name, value in records[at].items() if name != missing}
    return {"entities": records}


def _not_numbers(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Every third record's latency is NaN, which JSON does not know and many platforms write."""
    records = page["entities"]
    for at in range(0, len(records), _THIRD):
        records[at] = {**records[at], "aiLatency": float("nan")}
    return {"entities": records}


def _repeated(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"entities": page["entities"] * 2}


def _elsewhere(_page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"nextPageUri": _ELSEWHERE}


def _stuck(_page: dict[str, Any], request: Request) -> dict[str, Any]:
    query = request.url.partition("?")[2]
    return {"nextPageUri": "/" + "/".join(address(request)[0]) + (f"?{query}" if query else "")}


_SPOILERS: Final[Mapping[str, Callable[[dict[str, Any], Request], dict[str, Any]]]] = {
    "page-fields": _without_fields,
    "page-nan": _not_numbers,
    "page-repeated": _repeated,
    "page-elsewhere": _elsewhere,
    "page-stuck": _stuck,
}
