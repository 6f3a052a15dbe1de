"""The `[conversations]` table: what is kept of what is said, and how an answer is waited for."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 3_600.0
_MOST_TOKENS: Final = 4_000


def _seconds(_instance: object, attribute: Any, value: float) -> None:
    if not isfinite(value) or not _SHORTEST_S <= value <= _LONGEST_S:
        raise InvalidInput(f"{attribute.name} is {_SHORTEST_S:g} to {_LONGEST_S:g}, not {value:g}")


def _tokens(_instance: object, attribute: Any, value: int) -> None:
    if not 1 <= value <= _MOST_TOKENS:
        raise InvalidInput(f"{attribute.name} is 1 to {_MOST_TOKENS}, not {value}")


@frozen(kw_only=True)
class ConversationRules:
    """How assistants are asked; `_s` are seconds. What is out of its range is `InvalidInput`, by its name.

    `capture_content` keeps what was said in the audit log, redacted. `summary_tokens` is the most that a
    plugin's summary of what does not fit may take. `deadline_s` bounds an answer unless the caller does;
    `watchdog_s` is how long a stream may be silent before its line is taken for dead.
    """

    capture_content: bool = False
    summary_tokens: int = field(default=300, validator=_tokens)
    deadline_s: float = field(default=60.0, validator=_seconds)
    watchdog_s: float = field(default=75.0, validator=_seconds)

    @property
    def deadline(self) -> timedelta:
        """How long an answer may take, unless the caller says so."""
        return timedelta(seconds=self.deadline_s)

    @property
    def watchdog(self) -> timedelta:
        """How long a stream may be silent."""
        return timedelta(seconds=self.watchdog_s)
