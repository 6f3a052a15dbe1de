"""Identifiers that a seed determines and that never come back, over restarts and processes."""

from __future__ import annotations

import base64
import itertools
from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

_VARIANT: Final = "89ab"


class Identifiers:
    """New ids of a kind; each opening of a store has its own, so that two never make the same."""

    def __init__(self, *, seed: int, opening: int) -> None:
        self.seed = seed
        self._source = f"{seed}:{opening}"
        self._counts: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)

    def uuid(self, kind: str) -> str:
        """Return the next UUID of *kind*."""
        digest = self._digest(kind, 16).hex()
        variant = _VARIANT[int(digest[16], 16) & 3]
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"

    def token(self) -> str:
        """Return the next access token: of a simulated platform, so it need not be hard to guess."""
        return base64.urlsafe_b64encode(self._digest("token", 48)).decode()

    def _digest(self, kind: str, size: int) -> bytes:
        count = next(self._counts[kind])
        return blake2b(f"{self._source}:{kind}:{count}".encode(), digest_size=size).digest()
