"""A small vocabulary in tiktoken's format: the 256 bytes, and a few words built up from them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

WORDS: Final = (b"th", b"the", b" t", b" th", b" the", b"in", b"ing", b"nd", b"and", b" and")


def entries() -> list[bytes]:
    """Its lines."""
    tokens = (*(bytes((byte,)) for byte in range(256)), *WORDS)
    return [base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(tokens)]


def write_vocabulary(path: Path) -> Path:
    """Write the vocabulary, and return its path."""
    path.write_bytes(b"\n".join(entries()) + b"\n")
    return path
