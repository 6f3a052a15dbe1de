"""Reading a vocabulary in tiktoken's format: a line a token, its bytes in base64 and its rank."""

from __future__ import annotations

import base64
import binascii
from typing import Final

KNOWN: Final = {
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": "o200k_base",
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": "cl100k_base",
}
"""SHA-256 of a published vocabulary, and its name. Source: tiktoken 0.14, `tiktoken_ext/openai_public.py`."""

_ENDING: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PATTERNS: Final = {
    "o200k_base": "|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _ENDING,
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _ENDING,
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": "|".join(
        (
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}++",
            r"\p{N}{1,3}+",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r"\s++$",
            r"\s*[\r\n]",
            r"\s+(?!\S)",
            r"\s",
        )
    ),
}
"""How a text is split before its parts are merged, by name. Source: as above."""

_LARGEST: Final = 32_000_000
_MOST: Final = 2_000_000


def read_ranks(content: bytes) -> dict[bytes, int]:
    """Return the rank of each token; raise ValueError, which names the line, for anything else."""
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST} bytes")
    ranks = dict[bytes, int]()
    for number, line in enumerate(content.splitlines(), start=1):
        token, rank = _entry(line, number)
        if token in ranks:
            raise ValueError(f"line {number}: this token is there twice")
        ranks[token] = rank
    if len(set(ranks.values())) < len(ranks):
        raise ValueError("two of its tokens have one rank")
    if not all(bytes((byte,)) in ranks for byte in range(256)):
        raise ValueError("it lacks some of the 256 single bytes")
    return ranks


def _entry(line: bytes, number: int) -> tuple[bytes, int]:
    token, _, rank = line.partition(b" ")
    try:
        found = base64.b64decode(token, validate=True)
    except binascii.Error:
        found = b""
    if not found or not rank.isdigit() or int(rank[:8]) > _MOST or len(rank) > len(str(_MOST)):
        raise ValueError(f"line {number} is not 'BASE64 RANK'")
    return found, int(rank)
