"""One way to the platform: an OAuth client's tokens, and the queue before them."""

from __future__ import annotations

from math import inf
from typing import Final

from attrs import define, field

from jackfield.adapters.genesys.auth import Token, TokenSource
from jackfield.adapters.genesys.resilience.queue import Queue

_REST_S: Final = 30.0


@define(eq=False)
class Lane:
    """Where the tokens of one OAuth client come from, and its queue; calls for tokens have none."""

    queue: Queue
    tokens: TokenSource | None = None
    _rests_until: float = field(default=-inf, init=False)

    def token(self, ends: float) -> Token | None:
        """Return a token, if the lane has any."""
        return None if self.tokens is None else self.tokens.current(ends)

    def drop(self, token: Token | None) -> None:
        """Do not use *token* again."""
        if self.tokens is not None and token is not None:
            self.tokens.drop(token)

    def rest(self, now: float) -> None:
        """Go after the others for half a minute: the platform does not know this client, or not now."""
        self._rests_until = now + _REST_S

    def load(self, now: float, *, bulk: bool) -> tuple[bool, float, float, int]:
        """Return whether it rests, and how soon and how busy its queue is, to compare lanes by."""
        return now < self._rests_until, *self.queue.load(now, bulk=bulk)
