"""How ended conversations are told of by webhooks: the rules, one end, one delivery and its fate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from threading import Event
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.simulator.store import Document
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import whole_number

_MOST_REPEATS: Final = 100


class Fate(StrEnum):
    """What became of a delivery."""

    TAKEN = "taken"
    DELIVERED = "delivered"
    FAILED = "failed"
    RECORDED = "recorded"
    LOST = "lost"


def _repeated(instance: object, attribute: Any, value: Any) -> None:
    whole_number(instance, attribute, value)
    if not 1 <= value <= _MOST_REPEATS:
        raise InvalidInput(f"it is 1 to {_MOST_REPEATS}", place=attribute.name, remedy="mend it")


def _later(_instance: object, attribute: Any, value: timedelta) -> None:
    if value < timedelta():
        raise InvalidInput("it is a time from 0 on", place=attribute.name, remedy="mend it")


def _share(_instance: object, attribute: Any, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidInput("it is 0 to 1", place=attribute.name, remedy="mend it")


@frozen(kw_only=True)
class NoticeRules:
    """How webhooks are delivered: how often each, how late, how far out of order, and which part never.

    Each delivery comes `delay` behind the end, and up to `disorder` later by chance; of `loss` none comes.
    Chance depends on the seed, the bot, the number of its conversation, and the delivery alone.
    """

    repeats: int = field(default=1, validator=_repeated)
    delay: timedelta = field(default=timedelta(), validator=_later)
    disorder: timedelta = field(default=timedelta(), validator=_later)
    loss: float = field(default=0.0, validator=_share)


class PostOffice:
    """What every end of a platform goes through in this process: rules, and a bell for who sends."""

    def __init__(self, rules: NoticeRules, seed: int) -> None:
        self.rules = rules
        self.seed = seed
        self.bell = Event()
        self._given = rules

    def rule(self, rules: NoticeRules | None) -> None:
        """Take other rules, or again those of the start."""
        self.rules = rules or self._given


@frozen(kw_only=True)
class Outgoing:
    """One delivery of a webhook as it leaves the platform; `id` is the event's, repeats have the same.

    `tries` counts this one too.
    """

    id: str
    conversation: str
    webhook: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    tries: int
    held: Document = field(repr=False)


@frozen(kw_only=True)
class Ended:
    """An end that is told of: the `body` of the webhooks, and what their chance is keyed by."""

    event: str
    conversation: str
    body: str = field(repr=False)
    key: str
