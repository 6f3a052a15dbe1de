"""What callers give, checked where it comes in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from jackfield.domain.model.advice.feedback import By
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect
from jackfield.domain.services.advice.values import LONGEST

_LONGEST_NAME: Final = 500


def seconds(deadline: timedelta) -> float:
    """Return how long a query may take."""
    expect(timedelta, deadline, "deadline", "give a timedelta, such as timedelta(milliseconds=800)")
    if not timedelta() < deadline <= LONGEST:
        raise InvalidInput(
            "it is more than nothing, and at most 10 minutes", place="deadline", remedy="mend it"
        )
    return deadline.total_seconds()


def named(value: str, place: str) -> str:
    """Admit a name that can be kept."""
    expect(str, value, place, "write a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("it holds half a surrogate pair", place=place, remedy="mend it") from None
    if not value.strip() or len(value) > _LONGEST_NAME:
        raise InvalidInput(
            f"it is empty, or longer than {_LONGEST_NAME} characters", place=place, remedy="name it"
        )
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
