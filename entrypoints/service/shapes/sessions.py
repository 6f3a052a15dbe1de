"""Sessions over HTTP: what they are started and moved with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.signals import Failure
from jackfield.domain.services.sessions.asked.packing import BY_HAND
from jackfield.entrypoints.service.shapes.fields import real
from jackfield.entrypoints.service.shapes.fields import text as words

_NAME: Final = 200
_LONG: Final = 10_000
_HOUR_S: Final = 3_600.0


def _deadline() -> Any:
    return real(least=0.1, most=_HOUR_S, default=None)


class Full(StrEnum):
    """What is done where the bot has no place."""

    REFUSE = "refuse"
    WAIT = "wait"
    OVERFLOW = "overflow"


@frozen(kw_only=True)
class WhenFull:
    """What is done where the bot has no place, by `kind`.

    `wait` waits for `at_most_s`, and `then` refuses or overflows; `queue` is where it overflows to, the bot's
    own unless it is named.
    """

    kind: Full
    at_most_s: float | None = real(least=0.1, most=_HOUR_S, default=None)
    then: Full | None = None
    queue: str | None = words(least=1, most=_NAME, default=None)

    def __attrs_post_init__(self) -> None:
        if (self.kind is Full.WAIT) != (self.at_most_s is not None):
            raise InvalidInput("at_most_s belongs to wait, which needs it")
        if self.then is not None and (self.kind is not Full.WAIT or self.then is Full.WAIT):
            raise InvalidInput("then belongs to wait, and is refuse or overflow")
        if self.queue is not None and Full.OVERFLOW not in (self.kind, self.then):
            raise InvalidInput("queue belongs to overflow")


@frozen(kw_only=True)
class Pinned:
    """A version that was chosen for the customer: of which prompt, by the pin that the choice gave."""

    prompt: str = words(least=1, most=_NAME)
    pin: str = words(least=1, most=4_096)


@frozen(kw_only=True)
class StartingSession:
    """A customer who comes to a bot, which is named as in the settings."""

    bot: str = words(least=1, most=_NAME)
    customer: str = words(least=1, most=1_000)
    attributes: Mapping[str, Any] = field(factory=dict[str, Any])
    type: str = words(least=1, most=40, default="chat")
    language: str | None = words(least=1, most=40, default=None)
    skills: tuple[str, ...] = ()
    choices: tuple[Pinned, ...] = ()
    when_full: WhenFull | None = None
    deadline_s: float | None = _deadline()


@frozen(kw_only=True)
class TakingTurn:
    """What the customer said; and since the last turn what the bot said, tried, and could not do.

    With `once`, the channel's id of the message, the same turn sent again is answered and not taken again.
    """

    text: str = words(least=1, most=_LONG)
    bot_said: str | None = words(most=_LONG, default=None)
    tried: tuple[str, ...] = ()
    failure: Failure | None = None
    once: str | None = words(least=1, most=200, default=None)
    deadline_s: float | None = _deadline()


@frozen(kw_only=True)
class Escalating:
    """Why people take over, and what they should know; `queue` is the bot's own unless it is named."""

    reason: str = words(least=1, most=_NAME, default=BY_HAND)
    summary: str = words(most=_LONG, default="")
    tried: tuple[str, ...] = ()
    queue: str | None = words(least=1, most=_NAME, default=None)
    deadline_s: float | None = _deadline()


@frozen(kw_only=True)
class HandingBack:
    """How long the platform is waited for."""

    deadline_s: float | None = _deadline()


@frozen(kw_only=True)
class ClosingSession:
    """What came of the session."""

    resolution: Resolution
    deadline_s: float | None = _deadline()
