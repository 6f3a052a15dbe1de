"""Pages of prompt metrics (`wire.md` §5): what a record says, and where the next page is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from jackfield.adapters.genesys.documents import read_object, read_time
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.metrics import LONGEST_MS, MOST_TOKENS, Record, Skip

QUERY: Final = "/api/v2/analytics/conversations/details/query"

_LINK: Final = re.compile(r"[!-~]{1,8000}")
_UPWARDS: Final = re.compile(r"(\.|%2e){2}|\\", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}


@frozen
class Page:
    """The records of a page as they came, and the path of the next one; None behind the last."""

    entities: tuple[object, ...]
    following: str | None


def read_page(body: bytes, *, api: str) -> Page:
    """Read a page of the platform at *api*; raise `InvalidInput` for what is none, or leads elsewhere."""
    document = read_object(body, "page")
    if "entities" not in document and document.keys() - {"nextPageUri"}:
        raise InvalidInput("the answer is no page: it has no entities")
    entities = document.get("entities") or []
    if not isinstance(entities, list):
        raise InvalidInput("the answer is no page: its entities are no list")
    return Page(tuple(cast("list[object]", entities)), _following(document.get("nextPageUri"), api))


def read_record(entity: object, prompt: str) -> Record | Skip:
    """Return what one entity says, or why it does not count."""
    if not isinstance(entity, dict):
        return Skip.MALFORMED
    told = cast("dict[str, object]", entity)
    if any(told.get(name) is None for name in _FIELDS):
        return Skip.MISSING
    if told["aiPromptId"] != prompt:
        return Skip.OTHER_PROMPT
    numbers = tuple(_number(told[name], limit) for name, limit in _LIMITS.items())
    wrong = next((number for number in numbers if isinstance(number, Skip)), None)
    return wrong or _record(told, *cast("tuple[float, float, float]", numbers))


def _record(told: Mapping[str, object], latency_ms: float, tokens: float, success: float) -> Record | Skip:
    version, variant, at = told["promptVersion"], told.get("variantId"), read_time(told["timestamp"])
    if not isinstance(version, str) or not isinstance(variant, str | None) or at is None:
        return Skip.MALFORMED
    if tokens != int(tokens):
        return Skip.MALFORMED
    return Record(
        version=version,
        variant=variant or None,
        at=at,
        latency_ms=float(latency_ms),
        tokens=int(tokens),
        success=float(success),
    )


_LIMITS: Final[Mapping[str, float]] = {
    "aiLatency": LONGEST_MS,
    "aiTokensUsed": MOST_TOKENS,
    "aiSuccessRate": 1,
}
_FIELDS: Final = ("aiPromptId", "promptVersion", "timestamp", *_LIMITS)


def _number(value: object, limit: float) -> float | Skip:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124  # NaN
        return Skip.NOT_A_NUMBER
    return value if 0 <= value <= limit else Skip.OUT_OF_RANGE


def _following(link: object, api: str) -> str | None:
    """Return the path and query of the next page; raise `InvalidInput` for a link that leads elsewhere."""
    if link is None or link == "":
        return None
    if not isinstance(link, str) or _LINK.fullmatch(link) is None or _leads_up(link):
        raise _bad_link("is no link")
    base = urlsplit(api)
    try:
        parts = urlsplit(link)
        same = not (parts.scheme or parts.netloc) or _origin(parts, base) == _origin(base, base)
    except ValueError:
        raise _bad_link("is no link") from None
    if not same:
        raise _bad_link("leads to another host")
    path = parts.path.removeprefix(base.path) if parts.netloc else parts.path
    if path != QUERY and not path.startswith(f"{QUERY}/"):
        raise _bad_link("leads to something else than pages")
    return f"{path}?{parts.query}" if parts.query else path


def _leads_up(link: str) -> bool:
    """By its path; a cursor in the query may hold anything."""
    return _UPWARDS.search(re.split("[?#]", link, maxsplit=1)[0]) is not None


def _origin(parts: SplitResult, base: SplitResult) -> tuple[str, str | None, int | None, bool]:
    scheme = (parts.scheme or base.scheme).lower()
    return scheme, parts.hostname, parts.port or _PORTS.get(scheme), "@" in parts.netloc


def _bad_link(how: str) -> InvalidInput:
    # The link is not repeated: it may hold anything.
    return InvalidInput(f"the link to the next page {how}")
