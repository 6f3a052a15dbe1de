"""Pages of records with something wrong in them: fields, numbers, repeats, or the way to the next page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import orjson
from attrs import evolve

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator.platform.analytics import QUERY
from jackfield.adapters.simulator.platform.calls import address

_ELSEWHERE: Final = f"https://elsewhere.example{QUERY}?cursor=0.1"
_FIELDS: Final = ("promptVersion", "timestamp", "aiLatency", "aiTokensUsed", "aiSuccessRate")
_DETAILS: Final = ("conversationId", "startTime", "endTime", "resolutionStatus", "duration")
_THIRD: Final = 3


def spoiled(kind: str, request: Request, response: Response) -> Response:
    """Return the page as a platform sends it that has this fault; any other answer as it is."""
    document: object = orjson.loads(response.body)
    if not isinstance(document, dict) or ("entities" not in document and "data" not in document):
        return response
    page = cast("dict[str, Any]", document)
    spoilers = _SPOILERS if "entities" in page else _SPOILERS_OF_DETAILS
    changed = {**page, **spoilers[kind](page, request)}
    # Not orjson, which writes no NaN.
    return evolve(response, body=json.dumps(changed, ensure_ascii=False).encode())


def of_pages(method: str, path: str) -> bool:
    """Say whether a call is one for pages of records."""
    return method == "POST" and path == QUERY


def _without_fields(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Every third record lacks a field, each time another one."""
    return {"entities": _lacking(page["entities"], _FIELDS)}


def _lacking(records: list[dict[str, Any]], fields: Sequence[str]) -> list[dict[str, Any]]:
    lacking = list(records)
    for number, at in enumerate(range(0, len(records), _THIRD)):
        missing = fields[number % len(fields)]
        lacking[at] = {name: value for name, value in records[at].items() if name != missing}
    return lacking


def _not_numbers(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Every third record's latency is NaN, which JSON does not know and many platforms write."""
    return {"entities": _of_nan(page["entities"], "aiLatency")}


def _of_nan(records: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    return [{**each, field: float("nan")} if at % _THIRD == 0 else each for at, each in enumerate(records)]


def _repeated(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"entities": page["entities"] * 2}


def _elsewhere(_page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"nextPageUri": _ELSEWHERE}


def _stuck(_page: dict[str, Any], request: Request) -> dict[str, Any]:
    query = request.url.partition("?")[2]
    return {"nextPageUri": "/" + "/".join(address(request)[0]) + (f"?{query}" if query else "")}


def _details_without_fields(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"data": _lacking(page["data"], _DETAILS)}


def _details_of_nan(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"data": _of_nan(page["data"], "duration")}


def _details_repeated(page: dict[str, Any], _request: Request) -> dict[str, Any]:
    return {"data": page["data"] * 2}


def _unknown_token(_page: dict[str, Any], _request: Request) -> dict[str, Any]:
    """The token is of another query: there are no links in this dialect that could lead elsewhere."""
    return {"nextPageToken": "0.0123456789abcdef"}


def _same_token(page: dict[str, Any], request: Request) -> dict[str, Any]:
    """The token leads to this page, from the second one on: the first has none."""
    asked = cast("dict[str, Any]", orjson.loads(request.body or b"{}")).get("pageToken")
    return {"nextPageToken": asked or page["nextPageToken"]}


_Spoiler = Callable[[dict[str, Any], Request], dict[str, Any]]
_SPOILERS: Final[Mapping[str, _Spoiler]] = {
    "page-fields": _without_fields,
    "page-nan": _not_numbers,
    "page-repeated": _repeated,
    "page-elsewhere": _elsewhere,
    "page-stuck": _stuck,
}
_SPOILERS_OF_DETAILS: Final[Mapping[str, _Spoiler]] = {
    "page-fields": _details_without_fields,
    "page-nan": _details_of_nan,
    "page-repeated": _details_repeated,
    "page-elsewhere": _unknown_token,
    "page-stuck": _same_token,
}
