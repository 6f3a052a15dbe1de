"""What callers give, checked where it comes in."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from jackfield.domain.model.advice.feedback import By
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER, expect
from jackfield.domain.services.advice.values import LONGEST, SHORTEST

_LONGEST_NAME: Final = 500
_LONGEST_KEY: Final = 200
_OURS: Final = ("agent", "conversation", "base")
"""What programs give the names of."""


def seconds(deadline: timedelta) -> float:
    """Return how long a query may take."""
    expect(timedelta, deadline, "deadline", "give a timedelta, such as timedelta(milliseconds=800)")
    if not SHORTEST <= deadline <= LONGEST:
        raise InvalidInput(
            "it is 10 milliseconds at the least, and at most 10 minutes", place="deadline", remedy="mend it"
        )
    return deadline.total_seconds()


def keyed(once: str, conversation: str | None) -> str:
    """Return the SHA-256 of the name of what is told, which is its own within its conversation."""
    expect(str, once, "once", "give the id that your program has for it")
    if not once.strip() or not once.isprintable() or len(once) > _LONGEST_KEY:
        raise InvalidInput(
            f"it is empty, over {_LONGEST_KEY} characters, or holds what cannot be printed",
            place="once",
            remedy="give the id that your program has for it, or leave it out",
        )
    if conversation is None:
        raise InvalidInput(
            "it names feedback within its conversation, and none is named",
            place="once",
            remedy="name the conversation",
        )
    return sha256(once.encode()).hexdigest()


def carried(value: str, place: str) -> str:
    """Admit a text that UTF-8 can carry."""
    expect(str, value, place, "write a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("it holds half a surrogate pair", place=place, remedy="mend it") from None
    return value


def position(number: object) -> int:
    """Admit a place on a screen that JSON can carry."""
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > SAFE_INTEGER:
        raise InvalidInput(
            "it is not a whole number within ±(2^53 - 1)", place="position", remedy="count from 1"
        )
    return number


def named(value: str, place: str) -> str:
    """Admit a name that can be kept; ours also fit into a line, and a platform's are as they are."""
    carried(value, place)
    if not value.strip() or len(value) > _LONGEST_NAME:
        raise InvalidInput(
            f"it is empty, or longer than {_LONGEST_NAME} characters", place=place, remedy="name it"
        )
    if place in _OURS and not value.isprintable():
        raise InvalidInput("it holds what cannot be printed", place=place, remedy="mend it")
    return value


def grouping(word: By | str) -> By:
    """Return what a report is grouped by."""
    found = next((each for each in By if each == word), None)
    if found is None:
        raise InvalidInput(f"it is none of {', '.join(By)}", place="by", remedy="choose one, or none")
    return found


def zoned(time: datetime, place: str) -> datetime:
    """Admit a time with a zone."""
    expect(datetime, time, place, "give a time in UTC")
    if time.tzinfo is None:
        raise InvalidInput("it has no zone", place=place, remedy="give a time in UTC")
    return time
