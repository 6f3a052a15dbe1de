"""JSON that is read field by field, where one odd field must not hide the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import orjson

from jackfield.domain.model.errors import InvalidInput

_LONGEST_ID: Final = 200


def read_object(body: bytes, what: str) -> dict[str, Any]:
    """Read a JSON object; NaN is no JSON, and one record that has it must not hide the others.

    Raises `InvalidInput` for an answer that is no *what* because it is no object.
    """
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _loosely(body)
    if not isinstance(document, dict):
        raise InvalidInput(f"the answer is no {what}: it is no JSON object in UTF-8")
    return cast("dict[str, Any]", document)


def _loosely(body: bytes) -> object:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        return None


def object_of(value: object) -> Mapping[str, object]:
    """Return *value* if it is an object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def read_time(value: object) -> datetime | None:
    """Return a time with a zone; None for everything else."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if time is None or time.tzinfo is None else time


def read_utc(value: object) -> datetime | None:
    """Return a time in UTC; None for what is none, or lies where there is none in UTC."""
    time = read_time(value)
    try:
        return None if time is None else time.astimezone(UTC)
    except OverflowError:
        return None


def read_id(value: object) -> str | None:
    """Return an id that can be logged and sent back; None for everything else."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable():
        return value
    return None


def printable(_body: object, _field: object, text: str) -> None:
    """Admit an id alone."""
    if read_id(text) is None:
        raise ValueError
