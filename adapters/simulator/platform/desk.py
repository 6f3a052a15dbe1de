"""What the sockets of a platform share: their rules and limits, and who is connected."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Final

from attrs import field, frozen
from attrs.validators import ge

from jackfield.adapters.simulator.platform.answers import Rejection
from jackfield.adapters.simulator.platform.assistants import ANSWERS
from jackfield.adapters.simulator.platform.oauth import TOKENS, Bearer
from jackfield.adapters.simulator.store import Document, Store

_AGAIN_S: Final = 5


@frozen(kw_only=True)
class StreamRules:
    """Limits and habits of the stream.

    `sockets` are of one OAuth client, `subscriptions` of one socket; `replay` is how long an answer can be
    heard behind its end. Without `sequence` no frame is numbered and every subscription begins at the
    start. With `private` only the client that began a conversation may hear it.
    """

    sockets: int = field(default=20, validator=ge(1))
    subscriptions: int = field(default=1_000, validator=ge(1))
    heartbeat: timedelta = timedelta(seconds=30)
    replay: timedelta = timedelta(minutes=10)
    sequence: bool = True
    private: bool = False


class Desk:
    """What all sockets of a platform share: who is connected, and whether tokens may have been revoked."""

    def __init__(self, store: Store, rules: StreamRules) -> None:
        self.rules = rules
        self.revision = 0
        self._store = store
        self._lock = threading.Lock()
        self._open = Counter[str]()

    def admit(self, caller: Bearer) -> None:
        """Count a session more; refuse one over the client's limit."""
        with self._lock:
            if self._open[caller.client] >= self.rules.sockets:
                raise _too_many(self.rules.sockets)
            self._open[caller.client] += 1

    def leave(self, caller: Bearer) -> None:
        """Count a session less."""
        with self._lock:
            self._open[caller.client] -= 1

    @property
    def open(self) -> int:
        """How many sessions are open."""
        with self._lock:
            return self._open.total()

    def answer(self, conversation: str) -> Document | None:
        """Return the conversation's answer."""
        with self._store.transaction() as state:
            return state.get(ANSWERS, conversation)

    def knows(self, caller: Bearer) -> bool:
        """Say whether the token is still known."""
        with self._store.transaction() as state:
            return state.get(TOKENS, caller.fingerprint) is not None


def _too_many(allowed: int) -> Rejection:
    seconds = str(_AGAIN_S)
    return Rejection(
        "too.many.requests.retry.after",
        headers={"retry-after": seconds},
        limit={"key": "websocket.connections", "namespace": "platform.api", "value": allowed},
        seconds=seconds,
    )
