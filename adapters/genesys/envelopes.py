"""The platform's error envelope, and the headers beside it: what of them may be repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final, cast

import orjson
from attrs import frozen

from jackfield.adapters.http import Response

_CORRELATION: Final = "inin-correlation-id"

_WORD: Final = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")
_PERMISSION: Final = re.compile(r"(?<![\w-])[A-Za-z][\w-]{0,63}(?::[\w*-]{1,64}){1,3}")
_LOOKED_AT: Final = 2_000
"""Characters of each text of an envelope in which permissions are looked for."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_MOST: Final = 8


@frozen
class Said:
    """What of an error envelope may be repeated: its code, and each detail's code and field."""

    code: str = ""
    details: tuple[tuple[str, str], ...] = ()

    @property
    def reason(self) -> str:
        """The first detail's code, by which conflicts are told apart."""
        return self.details[0][0] if self.details else ""

    def __str__(self) -> str:
        details = ", ".join(" ".join(filter(None, (field, code))) for code, field in self.details[:_MOST])
        return ": ".join(filter(None, (self.code, details)))


def read_envelope(body: bytes) -> Said:
    """Return what the envelope says; nothing if this is none."""
    said = _envelope(body)
    return Said(
        code=_word(said.get("code")) or _word(said.get("error")),
        details=tuple(_details(said.get("details"))),
    )


def _envelope(body: bytes) -> Mapping[str, object]:
    try:
        return _object(orjson.loads(body))
    except orjson.JSONDecodeError:
        return {}


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _details(details: object) -> Iterator[tuple[str, str]]:
    for detail in map(_object, cast("list[object]", details) if isinstance(details, list) else ()):
        yield _word(detail.get("errorCode")), _word(detail.get("fieldName"))


def permissions(body: bytes) -> list[str]:
    """Return the scopes or permissions that a 403 names in its sentence or its parameters."""
    said = _envelope(body)
    parameters = islice(_object(said.get("messageParams")).values(), _MOST)
    texts = (t[:_LOOKED_AT] for t in (said.get("message"), *parameters) if isinstance(t, str))
    return list(dict.fromkeys(_PERMISSION.findall(" ".join(texts))))[:_MOST]


def correlation_id(response: Response) -> str:
    """Return the platform's id of the call; nothing if what it sent is no id."""
    return _word(response.headers.get(_CORRELATION))


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return how long to wait: the header holds whole seconds or an HTTP date; None if it holds neither."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        then = parsedate_to_datetime(text)
        return max(then.replace(tzinfo=then.tzinfo or UTC) - now, timedelta())
    except (ValueError, OverflowError):
        return None
