"""A platform that holds conversations of customers with bots and with people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId


@frozen(kw_only=True)
class Opening:
    """A conversation to be made: `session` is our own id, which goes into the attributes and is looked up by.

    `queue` is where it waits for people from the start, None for the bot.
    """

    session: str
    bot: str
    title: str | None = None
    customer: str
    type: str = "chat"
    attributes: Attributes = field(factory=Attributes)
    queue: str | None = None


@frozen(kw_only=True)
class Conversation:
    """A conversation as the platform has it now. `session` is what its attributes say of ours, if anything.

    `resolution` is None where the platform says none, or a word that is unknown.
    """

    id: ConversationId
    bot: str | None
    active: bool
    started: datetime | None = None
    queue: str | None = None
    session: str | None = None
    attributes: Mapping[str, object] = field(factory=dict[str, object], repr=False)
    ended: datetime | None = None
    resolution: Resolution | None = None


class SessionGateway(Protocol):
    """A platform's conversations; safe for threads.

    *ends* is when a call must be over, in monotonic seconds. Every verb may raise a `Refused`, and
    `Unavailable` or `BreakerOpen` when nothing has happened.
    """

    def start(self, opening: Opening, *, ends: float) -> Conversation:
        """Make a conversation. It creates: it is never sent twice; what got no answer is `OutcomeUnknown`.

        `look_up` tells then whether it was made. Raises `BotFull` where the platform itself limits the bot,
        `NotFound` for an unknown bot or queue, `InvalidInput` for attributes that leave no room for the id.
        """
        ...

    def look_up(self, bot: str, session: str, *, ends: float) -> Conversation | None:
        """Return the active conversation that was made for *session*, or None, which is certain.

        Raises `Unavailable` where the list changes so fast that nobody can tell.
        """
        ...

    def count_active(self, bot: str, *, enough: int, most: int | None = None, ends: float) -> int:
        """Return how many active conversations *bot* itself has; those that people have do not count.

        Where the platform's own total, which has those too, is below *enough*, that is returned: it is an
        upper bound, and one call. Else pages are read: until *most* are met, which are returned then, or all
        of them. Whatever is there all the while of the call is counted; callers may share a reading that
        began behind the calls of all of them.
        """
        ...

    def active(self, bot: str, *, ends: float) -> frozenset[ConversationId]:
        """Return the ids of the conversations that the bot itself has and that are active all the while."""
        ...

    def find(self, conversation: ConversationId, *, ends: float) -> Conversation:
        """Return it as it is now; raise `NotFound` if there is none."""
        ...

    def route(
        self, conversation: ConversationId, queue: str | None, attributes: Attributes, *, ends: float
    ) -> Conversation:
        """Send it to people in *queue* (None: back to the bot), with all of *attributes*; idempotent.

        One update, which may be sent again. Raises `Conflict` if the conversation is over.
        """
        ...

    def close(self, conversation: ConversationId, resolution: Resolution, *, ends: float) -> Conversation:
        """End it; idempotent: what is over stays as it ended, and is returned."""
        ...
