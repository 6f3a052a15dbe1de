"""How webhooks are asked to be delivered, and who hangs up, as JSON."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, Final, TypeVar

import orjson
from attrs import field, frozen

from jackfield.adapters.simulator.platform.noticing import NoticeRules
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

T = TypeVar("T", "Wish", "HangUp")

_LONGEST_S: Final = 3.2e8


def _span(_instance: object, attribute: Any, value: float) -> None:
    if not math.isfinite(value) or not 0 <= value <= _LONGEST_S:
        raise InvalidInput(f"it is 0 to {_LONGEST_S:.0f}", place=attribute.name, remedy="mend it")


@frozen(kw_only=True)
class Wish:
    """`NoticeRules` with their times in seconds."""

    repeats: int = 1
    delay_seconds: float = field(default=0.0, validator=_span)
    disorder_seconds: float = field(default=0.0, validator=_span)
    loss: float = 0.0

    @property
    def rules(self) -> NoticeRules:
        """What it is for the platform; raise `InvalidInput` for numbers that cannot be."""
        return NoticeRules(
            repeats=self.repeats,
            delay=timedelta(seconds=self.delay_seconds),
            disorder=timedelta(seconds=self.disorder_seconds),
            loss=self.loss,
        )


@frozen(kw_only=True)
class HangUp:
    """A customer who leaves the conversation, and what comes of it; None: the platform names nothing."""

    conversation: str
    resolution: str | None = "abandoned"


def read_rules(body: bytes) -> NoticeRules:
    """Read how webhooks are delivered; raise `InvalidInput` with every fault."""
    return _read(body, Wish, "notices").rules


def read_hang_up(body: bytes) -> HangUp:
    """Read who hangs up; raise `InvalidInput` with every fault."""
    return _read(body, HangUp, "hangup")


def view(rules: NoticeRules) -> dict[str, float]:
    """Return the rules as they can be sent."""
    return {
        "repeats": rules.repeats,
        "delay_seconds": rules.delay.total_seconds(),
        "disorder_seconds": rules.disorder.total_seconds(),
        "loss": rules.loss,
    }


def _read(body: bytes, kind: type[T], place: str) -> T:
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    return decode(document, kind, place=place)
