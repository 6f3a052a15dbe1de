"""Every type of event that a log may have, in one place."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from jackfield.domain.model.advice.happenings import ADVICE_EVENTS
from jackfield.domain.model.conversations.asks import ASK
from jackfield.domain.model.deliveries.wanting import checked
from jackfield.domain.model.erasures import ERASE
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.happenings import SESSION_EVENTS
from jackfield.domain.model.states import Verb

DEAD_LETTER: Final = "delivery.dead_letter"
DISABLE: Final = "delivery.disable"
RETRY: Final = "delivery.retry"
DISCARD: Final = "delivery.discard"
ROTATE: Final = "pins.rotate"

EVENT_TYPES: Final = (
    *(verb.value for verb in Verb),
    ASK,
    *SESSION_EVENTS,
    *ADVICE_EVENTS,
    ROTATE,
    ERASE,
    DEAD_LETTER,
    DISABLE,
    RETRY,
    DISCARD,
)


def told(patterns: Collection[str]) -> tuple[str, ...]:
    """Return *patterns* as `checked` does; raise `InvalidInput` also for one that no event's type fits."""
    found = checked(patterns)
    for pattern in found:
        kind = pattern.partition(":")[0]
        if not any(fnmatchcase(each, kind) for each in EVENT_TYPES):
            raise InvalidInput(
                f"no event is of the type {kind!r}; {_nearest(kind)}",
                place="types",
                remedy="write a type, such as 'prompt.promote', or 'prompt.*' or '*'",
            )
    return found


def _nearest(kind: str) -> str:
    groups = sorted({f"{each.partition('.')[0]}.*" for each in EVENT_TYPES})
    close = get_close_matches(kind, (*EVENT_TYPES, *groups), n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(groups)}"
