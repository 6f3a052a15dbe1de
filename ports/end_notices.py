"""A platform that tells of each conversation's end by a webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.ports.assistants import ConversationId


@frozen(kw_only=True)
class Registered:
    """A webhook at the platform; `current` says that it signs with the secret that was asked about."""

    id: str
    name: str
    url: str = field(repr=False)
    current: bool


@frozen(kw_only=True)
class Notice:
    """What a webhook says: which conversation ended, when, and what came of it.

    `session` is what its attributes say of ours, if anything; `reason` is None where the platform says none,
    `resolution` too.
    """

    conversation: ConversationId
    ended: datetime
    resolution: Resolution | None = None
    reason: EndReason | None = None
    session: str | None = None


class EndNotices(Protocol):
    """Webhooks for ended conversations; safe for threads. *ends* is in monotonic seconds."""

    def ensure(self, url: str, secret: Secret, *, ends: float) -> Registered:
        """Have one webhook to *url* that signs with *secret*; what is there already is returned.

        Idempotent: twice, also from two processes, is one webhook. With another secret than before the new
        webhook is made first and the old one removed then, so that no end goes untold in between.
        """
        ...

    def registered(self, url: str, secret: Secret | None, *, ends: float) -> tuple[Registered, ...]:
        """Return the webhooks to *url* that `ensure` made."""
        ...

    def remove(self, url: str, *, ends: float) -> int:
        """Remove every webhook to *url* that `ensure` made, and return how many; none is no error."""
        ...

    def read(self, body: bytes) -> Notice:
        """Read a webhook's body, whose signature was checked; raise `InvalidInput` for one that says no end.

        No message repeats what the body holds.
        """
        ...
