"""The one spelling of a JSON value, so that equal contents have equal hashes.

SHA-256 of JSON with sorted keys, no blanks, UTF-8 and no NaN; fixed for ever, because hashes are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


def _plain(value: object) -> object:
    """A read-only mapping is JSON too."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _encoder(*, sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        sort_keys=sort_keys,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        check_circular=False,
        default=_plain,
    )


_ENCODER: Final = _encoder(sort_keys=True)
_ORDERED: Final = _encoder(sort_keys=False)


def canonical(value: object) -> str:
    """Return the canonical JSON text; NaN and infinities raise ValueError, foreign types TypeError."""
    return _ENCODER.encode(value)


def ordered(value: object) -> str:
    """Return JSON text with the keys in their own order, for others to read: nothing is hashed of it."""
    return _ORDERED.encode(value)


def digest(text: str) -> str:
    """Return the SHA-256 of *text* as UTF-8, in lower-case hexadecimal."""
    return digest_of(text.encode())


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of *data*, in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
