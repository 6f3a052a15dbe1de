"""Bad input by a seed: hostile values put into real examples, hostile bytes into real files."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

HOSTILE_TEXTS: Final = (
    *("", " ", "x", "\u200b", "é", "漢" * 50, "\U0001f600", "\x07", "\x1b[31m", "\u2028", "\u202e", "\ud800"),
    *(
        "../x",
        "/",
        "/proc/version",
        "~",
        "~nobody-at-all",
        "a/b",
        ".",
        "-",
        "--",
        "=" * 1500,
        "x" * 70_000,
        f"{'x' * 300}.py:",
    ),
    *("%s%n", "{0}", "{{x}}", "'; DROP TABLE x; --", "${HOME}", "$(id)", "null", "true", "NaN", "Infinity"),
    *(
        "1e999",
        "-1",
        "0x10",
        "1_000",
        "٣",
        "\uff11",
        "1.0.0",
        "v1",
        "01.0.0",
        "9" * 5000,
        "1" * 30,
        "greeting",
    ),
    *("9999-12-31", "0001-01-01T00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-45", "2026-08-01T12:00"),
    *("Wed, 21 Oct 99999 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 +9999", "Mon, 01 Jan 0001 00:00:00 +2359"),
    *("http://", "http://[", "https://u:p@h:99999/", "http://\u2100.com", "file:///x", "x://y", "a:b:c:d"),
    *("adopt", "create", "publish", "promote", "drift", "conflict", "1.1.0", "stands-0", "platform", "local"),
    *(
        "0d",
        "90d",
        "99999d",
        "٣d",
        "1.5d",
        "-1d",
        "429:0.2",
        "slow:1:1e308",
        "503:nan@",
        "drop:1@GET [a-",
        "@",
    ),
)
HOSTILE_NUMBERS: Final = (0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, -0.0, 1e308, 5e-324)
HOSTILE: Final[tuple[Any, ...]] = (
    *HOSTILE_TEXTS,
    *HOSTILE_NUMBERS,
    *(None, True, False, [], {}, [[]], [None], {"": {}}, {"a": [1, {"b": None}]}, ["x"] * 300),
)
HOSTILE_BYTES: Final = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"NaN",
        b"1e999",
        b"-",
        b"9" * 5000,
        b'"',
        b"'",
    ),
    *(b"[" * 3000, b'{"a":' * 3000, b"{" * 3000, b"a.", b"a." * 3000, b'"\\ud800"', b"\\", b",", b"}", b"]]"),
    *(
        b"\n",
        b"\r",
        b"\xe2\x80\xa8",
        b"- " * 2000,
        b"&a *a",
        b"!!python/object:x ",
        b"<<: ",
        b"{{",
        b"\n---\n",
    ),
    *(b" = ", b"\n[a]\n", b"\n[[a]]\n", b"inf", b"1979-05-27T07:32:00Z", b"x" * 70_000, b'"""', b"#", b"\t"),
)
MOST_CHANGES: Final = 3
ALIKE: Final = 0.6
"""How often something is replaced by what has the same type, and so comes further."""


def spoilt_bytes(data: bytes, source: random.Random) -> bytes:
    """Return *data* with one to three changes: a bit, a cut, a piece twice, hostile or foreign bytes."""
    for _ in range(source.randint(1, MOST_CHANGES)):
        data = source.choice(_CHANGES)(data, source)
    return data


def _flip(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data) or 1)
    return data[:at] + bytes([(data[at : at + 1] or b"\0")[0] ^ 1 << source.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, source: random.Random) -> bytes:
    at, to = sorted(source.randrange(len(data) + 1) for _ in range(2))
    return data[:at] if source.random() < 0.3 else data[:at] + data[to:]


def _twice(data: bytes, source: random.Random) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    at = source.randrange(len(lines))
    return b"".join((*lines[: at + 1], *lines[at:]))


def _insert(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data) + 1)
    return data[:at] + source.choice(HOSTILE_BYTES) + data[at:]


def _foreign(_data: bytes, source: random.Random) -> bytes:
    return source.choice((b"", b"null", b"[]", b"{}", b'"x"', b"0", source.randbytes(50), b"[" * 100_000))


_CHANGES: Final[Sequence[Callable[[bytes, random.Random], bytes]]] = (
    *(_flip, _cut, _twice, _insert, _insert, _foreign),
)  # fmt: skip


def spoilt(value: Any, source: random.Random) -> Any:
    """Return plain data with one thing in it, at any depth, replaced, dropped, added or doubled."""
    if isinstance(value, dict) and value and source.random() < 0.9:
        return _spoilt_fields(cast("dict[str, Any]", value), source)
    if isinstance(value, list) and value and source.random() < 0.9:
        return _spoilt_items(cast("list[object]", value), source)
    kind: type = type(cast("object", value))
    alike = [each for each in HOSTILE if type(each) is kind]
    return source.choice(alike if alike and source.random() < ALIKE else HOSTILE)


def _spoilt_fields(fields: Mapping[str, Any], source: random.Random) -> dict[str, Any]:
    key, kind = source.choice(list(fields)), source.random()
    if kind < 0.1:
        return {k: v for k, v in fields.items() if k != key}
    if kind < 0.2:
        return {**fields, source.choice(HOSTILE_TEXTS): source.choice(HOSTILE)}
    return {k: spoilt(v, source) if k == key else v for k, v in fields.items()}


def _spoilt_items(items: list[Any], source: random.Random) -> list[Any]:
    at, kind = source.randrange(len(items)), source.random()
    if kind < 0.1:
        return [*items, items[at]]
    return [spoilt(v, source) if i == at else v for i, v in enumerate(items)]


def toml(table: Mapping[str, Any]) -> str:
    """Return the table as TOML in one line a key; what TOML has not becomes what may break its reader."""
    return "\n".join(f"{_quoted(key)} = {_toml(value)}" for key, value in table.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{_quoted(k)} = {_toml(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, cast("list[object]", value))) + "]"
    return _quoted(value) if isinstance(value, str) else str(value).lower()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())
