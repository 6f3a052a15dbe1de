"""The hours of the week in which a rollout may move forward."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput

_DAY: Final = 24 * 60
_WEEK: Final = 7
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
                "they close before they open", place="closes", remedy="end at midnight (1440) at the latest"
            )

    def allow(self, now: datetime) -> bool:
        """Return whether *now* is within the hours."""
        local = now.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        return local.isoweekday() in self.days and self.opens <= minute < self.closes

    def next_opening(self, now: datetime) -> datetime:
        """Return *now* if it is within the hours, else when they open next, in the zone's time.

        Clocks may skip the very minute, and islands have skipped a day: then it is the next one there is.
        """
        if self.allow(now):
            return now
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        openings = (
            datetime.combine(today + timedelta(days=ahead), time(), zone) + timedelta(minutes=self.opens)
            for ahead in range(2 * _WEEK)
        )
        real = (opening.astimezone(UTC).astimezone(zone) for opening in openings)
        return next(opening for opening in real if opening > now and self.allow(opening))
