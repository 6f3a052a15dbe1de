"""The hours of the week in which a rollout may move forward."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_DAY: Final = 24 * 60
_WEEK: Final = 7
_MINUTE: Final = timedelta(minutes=1)
_LONGEST: Final = 100


def _minute(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _DAY:
        raise InvalidInput(
            "it is 0 to 1,440 minutes after midnight", place=attribute.name, remedy="write 540 for 9 o'clock"
        )


def _days(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, tuple) or not _ascending(cast("tuple[object, ...]", value)):
        raise InvalidInput(
            "days are 1 (Monday) to 7 (Sunday), ascending",
            place=attribute.name,
            remedy="write (1, 2, 3, 4, 5)",
        )


def _ascending(days: tuple[object, ...]) -> bool:
    numbers = [day for day in days if type(day) is int and 1 <= day <= _WEEK]
    return 0 < len(numbers) == len(days) and numbers == sorted(set(numbers))


def _zone(_instance: object, attribute: Any, value: Any) -> None:
    try:
        if isinstance(value, str) and len(value) <= _LONGEST:
            ZoneInfo(value)
            return
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise InvalidInput(
        "there is no such time zone", place=attribute.name, remedy="write one like Europe/Berlin, or UTC"
    )


@frozen(kw_only=True)
class Hours:
    """From minute `opens` up to `closes` after midnight, on `days` (1 is Monday), by the clocks of `zone`."""

    opens: int = field(validator=_minute)
    closes: int = field(validator=_minute)
    days: tuple[int, ...] = field(default=(1, 2, 3, 4, 5), validator=_days)
    zone: str = field(default="UTC", validator=_zone)

    def __attrs_post_init__(self) -> None:
        if self.opens >= self.closes:
            raise InvalidInput(
                "they close before they open",
                place="closes",
                remedy="end at 24:00, which is minute 1440, at the latest",
            )

    def allow(self, now: datetime) -> bool:
        """Return whether *now* is within the hours."""
        local = now.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return local.isoweekday() in self.days and self.opens <= minute < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """Return *now* if it is within the hours, else when they open next, in the zone's time.

        It is the first minute that `allow` allows: clocks that are put forward or back may lead right into
        the hours, pass over them, or show them twice, and islands have skipped a day.
        """
        zone = ZoneInfo(self.zone)
        moment = now
        while not self.allow(moment):
            moment = _on(moment, self._pause(moment.astimezone(zone)), zone)
        return moment

    def _pause(self, local: datetime) -> timedelta:
        """Return how long it is to the opening, or to midnight, by clocks that nobody changes."""
        passed = local.replace(tzinfo=None) - datetime.combine(local.date(), time())
        opens = timedelta(minutes=self.opens)
        return opens - passed if passed < opens else timedelta(days=1) - passed


def _on(moment: datetime, pause: timedelta, zone: ZoneInfo) -> datetime:
    """Return the moment *pause* later, or the first minute before it at which the clocks were changed."""
    offset = moment.astimezone(zone).utcoffset()
    whole = moment.astimezone(UTC).replace(second=0, microsecond=0)

    def is_changed(minutes: int) -> bool:
        return (whole + minutes * _MINUTE).astimezone(zone).utcoffset() != offset

    later = moment.astimezone(UTC) + pause
    most = math.ceil((later - whole) / _MINUTE)
    changed = bisect_left(range(1, most + 1), True, key=is_changed) + 1
    return min(later, whole + changed * _MINUTE).astimezone(zone)
