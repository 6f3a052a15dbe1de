"""Bearer tokens: made once, kept as hashes, compared without telling how far they fit."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from attrs import frozen

from jackfield.entrypoints.settings.service import OwnToken, Scope

PREFIX: Final = "jfs_"
"""What scanners for secrets know a token by."""
_BYTES: Final = 32
_RANKS: Final = (Scope.READ, Scope.WRITE, Scope.ADMIN)


@frozen
class Tokens:
    """The tokens that are believed. (They are random and long: a fast hash is enough.)"""

    known: tuple[OwnToken, ...] = ()

    def find(self, token: str) -> OwnToken | None:
        """Return the one that it is, or None; it takes as long for every wrong one."""
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        found: OwnToken | None = None
        for each in self.known:
            if hmac.compare_digest(each.digest, digest):
                found = each
        return found


def new_token() -> tuple[str, str]:
    """Return a new token, and the hash that the settings keep of it."""
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    return token, f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def allows(scopes: tuple[Scope, ...], wanted: Scope) -> bool:
    """Whether one of *scopes* holds the *wanted* one."""
    return any(_RANKS.index(scope) >= _RANKS.index(wanted) for scope in scopes)
