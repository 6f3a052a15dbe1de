"""Which events a destination wants to hear of."""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Event
from jackfield.domain.model.subjects import Kind

SETTLED: Final = ("*:succeeded", "*:failed")
"""What was done or failed, and not what was only begun."""

OWN: Final = "delivery."
"""How the types of events begin that tell of deliveries themselves."""

_PATTERN: Final = re.compile(r"[a-z0-9_.*]{1,80}(:(intended|succeeded|failed))?", re.ASCII)
_MOST: Final = 100


def checked(patterns: Collection[str]) -> tuple[str, ...]:
    """Return *patterns* in order, each once; raise `InvalidInput` for one that can match nothing."""
    wrong = [each for each in patterns if _PATTERN.fullmatch(each) is None]
    if wrong or len(patterns) > _MOST:
        raise InvalidInput(
            "a pattern of events is a type, with * for any text, and ':' and an outcome if wished",
            place="types",
            remedy="write such as 'prompt.promote', 'prompt.*:succeeded' or '*'",
        )
    return tuple(sorted(set(patterns)))


def wanted(patterns: Collection[str], event: Event, *, by: str) -> bool:
    """Whether the destination named *by* wants *event*.

    A pattern is a type such as `prompt.promote`, with `*` for any text, and may end in an outcome
    (`prompt.*:succeeded`). Events of deliveries must be asked for by `delivery.…`, and none is told to the
    destination that it is about: it would feed itself.
    """
    own = event.subject.kind is Kind.DESTINATION
    if own and event.subject.name == by:
        return False
    said = f"{event.type}:{event.outcome}"
    return any(
        fnmatchcase(said, each if ":" in each else f"{each}:*")
        for each in patterns
        if not own or each.startswith(OWN)
    )
