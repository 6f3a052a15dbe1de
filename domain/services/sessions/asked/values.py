"""What callers of sessions give and get."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, Protocol, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.fields import optional_text
from jackfield.domain.model.sessions.handoff import Handoff
from jackfield.domain.model.sessions.policy import Clarification, Decision

LONGEST_WAIT: Final = timedelta(hours=1)


def _wait(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta) or not timedelta() < value <= LONGEST_WAIT:
        raise InvalidInput(
            "it is a time above 0 s and up to 1 h", place=attribute.name, remedy="give timedelta(seconds=10)"
        )


def _queue(instance: object, attribute: Any, value: Any) -> None:
    optional_text(instance, attribute, value)
    if value is not None and (not value.strip() or not value.isprintable()):
        raise InvalidInput(
            "it is empty, or holds what cannot be printed",
            place=attribute.name,
            remedy="name a queue, or leave it out for that of the bot's rules",
        )


@frozen
class Refuse:
    """When the bot is full: raise `BotFull` at once."""


@frozen
class Overflow:
    """When the bot is full: let the customer wait for people in *queue* (None: what the bot's rules say)."""

    queue: str | None = field(default=None, validator=_queue)


@frozen
class Wait:
    """When the bot is full: wait so long for a place at most, and *then* overflow, or raise `BotFull`."""

    at_most: timedelta = field(validator=_wait)
    then: Refuse | Overflow = field(factory=Refuse)


WhenFull: TypeAlias = Refuse | Wait | Overflow


@frozen
class Proceed:
    """The bot goes on. `reply` is what the platform gives to say; None where it gives nothing."""

    decision: Decision
    reply: str | None = None


@frozen
class Clarify:
    """The bot asks back: `text` is what to say, once."""

    text: str
    kind: Clarification
    decision: Decision


@frozen
class Escalated:
    """People take over. `handoff.customer_message` is to be said, once.

    `routed` is False where the platform could not be told yet, for `problem`: the bot is silent all the same,
    and `escalate()` again, or anybody's `recover()`, tells it. A `problem` of what was routed is why it went
    to the bot's default queue. `again` says that the hand-off was recorded before this call: whoever made it
    was given the message, unless his program was killed just then, and may have said it.
    """

    handoff: Handoff
    decision: Decision | None = None
    routed: bool = True
    problem: JackfieldError | None = None
    again: bool = False


TurnResult: TypeAlias = Proceed | Clarify | Escalated


@frozen
class Accepted:
    """The notice was believed and recorded: the session is over."""

    session: str
    status: int = 200


@frozen
class Repeat:
    """The notice was heard before; nothing was changed."""

    session: str | None
    status: int = 200


@frozen
class Unknown:
    """The notice is the platform's, of a conversation that is none of ours; it was recorded once."""

    conversation: str
    status: int = 202


@frozen
class Forged:
    """The notice is not believed, and why: the signature, its time, or a body that says nothing."""

    why: str
    status: int = 401


Received: TypeAlias = Accepted | Repeat | Unknown | Forged
"""What came of a webhook; `status` is what to answer it with over HTTP."""


class Headers(Protocol):
    """A request's headers: a dict, or what a server's own class holds them in."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Give each header's name, in any case, and its value."""
        ...
