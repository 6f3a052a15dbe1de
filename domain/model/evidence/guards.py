"""What a rollout must not do, how sure one must be, and what may be concluded from silence: nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import whole_number

_SURE: Final = 0.5
_HUGE: Final = 1_000.0
_FRACTIONS: Final = "write margins and alpha as fractions, like 0.02 for two points"
_RATIOS: Final = "write 1.2 for a fifth more than control's"
_YEAR: Final = int(timedelta(days=366).total_seconds())


def _between(low: float, high: float, remedy: str = _FRACTIONS) -> Callable[[object, Any, Any], None]:
    """Admit a finite number above *low* and up to *high*."""

    def check(_instance: object, attribute: Any, value: Any) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low < value <= high:
            raise InvalidInput(
                f"it is a number above {low:g} and up to {high:g}",
                place=attribute.name,
                remedy=remedy,
            )

    return check


def _from_zero(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise InvalidInput("it is a number from 0 to 1", place=attribute.name, remedy=_FRACTIONS)


def _ratio(instance: object, attribute: Any, value: Any) -> None:
    if value is not None:
        _between(0.0, _HUGE, _RATIOS)(instance, attribute, value)


def _lasting(_instance: object, attribute: Any, value: int) -> None:
    if not 0 < value <= _YEAR:
        raise InvalidInput(
            f"it is a number of seconds from 1 to {_YEAR:,}, a year",
            place=attribute.name,
            remedy="write 3600 for an hour, which is '--stale 1h'",
        )


def _real(value: Any) -> Any:
    """A whole number is a number too, and is kept as a float, so that it is spelled in one way."""
    return float(value) if type(value) is int and abs(value) <= _HUGE else value


@frozen(kw_only=True)
class Guard:
    """The limits of a rollout.

    `success_margin`: how far the success rate may fall and the step still counts as harmless (0.02 are two
    points). `tolerance`: how far it may fall before harm is concluded at all. `alpha`: how often, at most, a
    harmless rollout is rolled back for its success rate, and how often, at most, each step goes on although
    the rate fell by the margin. `latency_ratio` and `token_ratio`: the most that the 95th percentile of
    latency and the mean of tokens may be over control's; None does not guard. `stale_seconds`: how long
    without outcomes is too long to conclude anything.
    """

    success_margin: float = field(default=0.02, converter=_real, validator=_between(0.0, 1.0))
    tolerance: float = field(default=0.0, converter=_real, validator=_from_zero)
    alpha: float = field(default=0.05, converter=_real, validator=_between(0.0, _SURE))
    latency_ratio: float | None = field(default=None, converter=_real, validator=_ratio)
    token_ratio: float | None = field(default=None, converter=_real, validator=_ratio)
    stale_seconds: int = field(default=3_600, validator=[whole_number, _lasting])
