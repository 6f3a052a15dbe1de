"""Bodies and query strings: read within limits, decoded strictly, every fault named."""

from __future__ import annotations

import re
import types
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import orjson
from attrs import fields

from jackfield.adapters.files.lines import parse
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.service.problems import Refusal

T = TypeVar("T")

LARGEST_BODY: Final = 512_000
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_UTF8: Final = re.compile(r";\s*charset\s*=\s*(?!\"?utf-?8\"?\s*(?:;|$))", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}", re.ASCII)
_REAL: Final = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,16})?", re.ASCII)
_TRUTHS: Final = {"true": True, "false": False}
_LONGEST_LENGTH: Final = 9
_PLACE: Final = "body"
_MOST_PARAMETERS: Final = 100


def read_body(environ: Mapping[str, Any]) -> bytes:
    """Return the whole body; raise `Refusal` for one that is too large, which is not read to its end."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        is_number = length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH
        size = int(length) if is_number else LARGEST_BODY + 1
        if size > LARGEST_BODY:
            raise _too_large()
        return _whole(environ["wsgi.input"].read(size), size) if size else b""
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    body = bytearray()
    while len(body) <= LARGEST_BODY and (chunk := environ["wsgi.input"].read(LARGEST_BODY + 1 - len(body))):
        body += chunk
    if len(body) > LARGEST_BODY:
        raise _too_large()
    return bytes(body)


def _whole(body: bytes, length: int) -> bytes:
    if len(body) == length:
        return body
    raise Refusal(
        status=400,
        name="body-cut",
        title="The body is not whole",
        detail=f"{len(body)} bytes came of {length}",
        remedy="send all of it",
    )


def _too_large() -> Refusal:
    return Refusal(
        status=413,
        name="body-too-large",
        title="The body is too large",
        detail=f"a body has at most {LARGEST_BODY} bytes",
        remedy="send less",
        headers={"Connection": "close"},
    )


def decoded(environ: Mapping[str, Any], kind: type[T], *, may_be_empty: bool) -> T:
    """Return the body as *kind*; raise `Refusal` or `InvalidInput` with every fault of it."""
    body = read_body(environ)
    if not body and may_be_empty:
        return decode({}, kind, place=_PLACE)
    if not is_json(environ.get("CONTENT_TYPE") or ""):
        raise untyped()
    return decode(document(body), kind, place=_PLACE)


def is_json(content_type: str) -> bool:
    """Whether a body of that type is JSON in UTF-8."""
    return _JSON.fullmatch(content_type) is not None and _UTF8.search(content_type) is None


def untyped() -> Refusal:
    """Return what is said of a body of another type."""
    return Refusal(
        status=415,
        name="content-type",
        title="The body is no JSON",
        detail="a body is application/json in UTF-8",
        remedy="send Content-Type: application/json",
    )


def document(body: bytes) -> object:
    """Return what a body says; raise `InvalidInput` for what is no JSON, also for a key that comes twice.

    (What is written again as it came has no key twice. Anything else is read once more, and slowly.)
    """
    try:
        said: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    try:
        once = isinstance(said, str | int | float | bool) or _again(said) == body
        return said if once else parse(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"it is not UTF-8: byte {error.start + 1}", place=_PLACE, remedy="write it in UTF-8"
        ) from None
    except InvalidInput as error:
        raise InvalidInput(error.message, place=_PLACE, remedy=error.remedy or "send JSON") from None


def _again(said: object) -> bytes:
    try:
        return orjson.dumps(said)
    except orjson.JSONEncodeError:  # it is nested more deeply than it writes
        return b""


def parameters(query: str, kind: type[T]) -> T:
    """Return a query string as *kind*; raise `InvalidInput` with every fault of it."""
    if query.count("&") >= _MOST_PARAMETERS:
        raise InvalidInput(
            f"it has more than {_MOST_PARAMETERS} parameters", place="query", remedy="send those there are"
        )
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=False, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise InvalidInput("it is no query in UTF-8", place="query", remedy="mend it") from None
    counts = Counter(name for name, _ in pairs)
    if len(counts) != len(pairs):
        twice = sorted(name[:80] for name, count in counts.items() if count > 1)
        raise InvalidInput(
            "it has parameters twice",
            place="query",
            remedy="drop one of each",
            problems=[Problem(code="twice", message="it comes twice", place=name) for name in twice],
        )
    wanted = _kinds(kind)  # type: ignore[arg-type]  # every class can be hashed
    return decode({name: _value(text, wanted.get(name, str)) for name, text in pairs}, kind, place="query")


@cache
def _kinds(kind: type[Any]) -> Mapping[str, type]:
    hints = get_type_hints(kind)
    return {each.name: _plain(hints[each.name]) for each in fields(kind)}


def _plain(hint: Any) -> type:
    """Return X of `X | None`."""
    if get_origin(hint) in (types.UnionType, Union):
        hint = next(each for each in get_args(hint) if each is not type(None))
    return cast("type", hint)


def _value(text: str, wanted: type) -> object:
    """Return a parameter's value; what is none of its type stays a text, which decoding refuses."""
    if wanted is int and _NUMBER.fullmatch(text):
        return int(text)
    if wanted is float and _REAL.fullmatch(text):
        return float(text)
    if wanted is bool:
        return _TRUTHS.get(text, text)
    return text
