"""One bot as a team runs it: its limits, its policy, its queues and its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import optional_text, read_only, text, whole_number
from jackfield.domain.model.sessions.clarifying import AFFIRMATIONS, REPHRASINGS
from jackfield.domain.model.sessions.handoff import MESSAGES
from jackfield.domain.model.sessions.lifetimes import Lifetimes
from jackfield.domain.model.sessions.requests import Requests
from jackfield.domain.model.sessions.routing import Routing
from jackfield.domain.model.sessions.thresholds import Thresholds

_MOST: Final = 100_000


def _limit(instance: object, attribute: Any, value: Any) -> None:
    if value is None:
        return
    whole_number(instance, attribute, value)
    if not 1 <= value <= _MOST:
        raise InvalidInput(f"it is 1 to {_MOST:,}", place=attribute.name, remedy="leave it out for no limit")


def _id(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy="write the platform's id of the bot")


def _messages(values: Mapping[str, str]) -> Mapping[str, str]:
    return read_only(values, "messages")


@frozen(kw_only=True)
class Bot:
    """A bot: `name` is what programs call it, `id` the platform's, `title` what the platform shows.

    `limit` is how many sessions it may have at a time, None for any number. `routing` says which queue takes
    over; `messages`, `affirmations` and `rephrasings` are said to the customer, by language.
    """

    name: str = field(validator=_id)
    id: str = field(validator=_id)
    title: str | None = field(default=None, validator=optional_text)
    limit: int | None = field(default=None, validator=_limit)
    routing: Routing
    thresholds: Thresholds = field(factory=Thresholds)
    lifetimes: Lifetimes = field(factory=Lifetimes)
    requests: Requests = field(factory=Requests)
    messages: Mapping[str, str] = field(default=MESSAGES, converter=_messages)
    affirmations: Mapping[str, str] = field(default=AFFIRMATIONS, converter=_messages)
    rephrasings: Mapping[str, str] = field(default=REPHRASINGS, converter=_messages)
