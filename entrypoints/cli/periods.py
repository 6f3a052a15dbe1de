"""Periods on the command line: how long something lasts, and hours of the week."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from jackfield.domain.model.hours import Hours

_PERIOD: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(ms|s|m|h|d)", re.ASCII)
_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"
_WEEK: Final = re.compile(
    rf"(?P<days>[a-z,-]+) (?P<opens>{_CLOCK})-(?P<closes>{_CLOCK})(?: (?P<zone>\S+))?",
    re.ASCII | re.IGNORECASE,
)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Period(click.ParamType[timedelta]):
    """So many milliseconds, seconds, minutes, hours or days, such as `150ms`, `1.5s`, `30m`, `1h`, `2d`.

    What is less than *least* or more than *most* is wrong usage.
    """

    name = "period"

    def __init__(self, least: timedelta = timedelta(), most: timedelta = timedelta.max) -> None:
        self.least = least
        self.most = most

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the text; click shows what is wrong with it."""
        if isinstance(value, timedelta):
            return value
        match = _PERIOD.fullmatch(value.strip())
        if match is None:
            self.fail("a period is such as 150ms, 90s, 30m, 1h or 2d", param, ctx)
        found = float(match[1]) * _UNITS[match[2]]
        if not self.least <= found <= self.most:
            self.fail(f"a period here is {_text(self.least)} to {_text(self.most)}", param, ctx)
        return found


class Week(click.ParamType["Hours"]):
    """Hours of the week, such as `mon-fri 09:00-17:00 Europe/Berlin`; UTC unless a zone is named."""

    name = "hours"

    def convert(self, value: str | Hours, param: click.Parameter | None, ctx: click.Context | None) -> Hours:
        """Read the text; click shows what is wrong with it."""
        from jackfield.domain.model.errors import InvalidInput
        from jackfield.domain.model.hours import Hours

        if isinstance(value, Hours):
            return value
        match = _WEEK.fullmatch(value)
        days = () if match is None else _days(match["days"].lower())
        if match is None or not days:
            self.fail("hours are such as 'mon-fri 09:00-17:00 Europe/Berlin'", param, ctx)
        try:
            return Hours(
                opens=_minute(match["opens"]),
                closes=_minute(match["closes"]),
                days=days,
                zone=match["zone"] or "UTC",
            )
        except InvalidInput as error:
            self.fail(f"{error.message}; {error.remedy}", param, ctx)


def _text(period: timedelta) -> str:
    """Write a period as it is read: in the largest unit of which it is a whole number."""
    unit = next(unit for unit in reversed(_UNITS) if not period % _UNITS[unit])
    return f"{period // _UNITS[unit]}{unit}"


def _days(text: str) -> tuple[int, ...]:
    """Return the days' numbers, from 1 for Monday; none for what are no days."""
    found = set[int]()
    for part in text.split(","):
        first, _, last = part.partition("-")
        last = last or first
        if first not in _DAYS or last not in _DAYS or _DAYS.index(first) > _DAYS.index(last):
            return ()
        found.update(range(_DAYS.index(first) + 1, _DAYS.index(last) + 2))
    return tuple(sorted(found))


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
