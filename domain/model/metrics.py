"""What a platform measured of a prompt's requests, and its sums: of no request there is no mean, never 0.

Every mean is one over requests, so groups weigh by how many requests they have. A percentile is the
smallest measured value that so many of the requests do not pass (nearest rank): exact, nothing is
interpolated.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware
from jackfield.domain.model.versions import SemVer

LONGEST_MS: Final = 86_400_000
MOST_TOKENS: Final = 1_000_000
_KEY_BYTES: Final = 16


class Skip(StrEnum):
    """Why a record does not count."""

    MISSING = "missing field"
    NOT_A_NUMBER = "not a number"
    OUT_OF_RANGE = "out of range"
    MALFORMED = "malformed"
    OTHER_PROMPT = "other prompt"
    OUTSIDE = "outside the time"
    REPEATED = "repeated"


@frozen(kw_only=True)
class Record:
    """One request that a prompt answered: latency in milliseconds, success 0 to 1.

    `variant` is None for what no A/B trigger routed. Two records that are equal are one, told twice.
    """

    version: str
    variant: str | None
    at: datetime = field(validator=aware)
    latency_ms: float
    tokens: int
    success: float

    @property
    def key(self) -> bytes:
        """A hash of everything it says, the same whenever it is told again."""
        numbers = (0.0 + self.latency_ms, 0 + self.tokens, 0.0 + self.success)  # of zeros, the positive one
        return key_of((self.version, self.variant, self.at.timestamp(), *numbers))


@frozen(kw_only=True)
class Unread:
    """A record that came and does not count: why, and a hash of what came, the same when it comes again."""

    why: Skip
    key: bytes


Reading: TypeAlias = Record | Unread
"""A record, or why one that came does not count."""


def key_of(said: object) -> bytes:
    """Return 16 bytes that tell *said* from everything else; what has no spelling is told by its type."""
    try:
        spelled = repr(said)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists in lists
        spelled = type(said).__name__
    return blake2b(spelled.encode(errors="replace"), digest_size=_KEY_BYTES).digest()


@frozen(kw_only=True)
class Totals:
    """A platform's own sums of a prompt's requests; None of what it measured nothing of."""

    requests: int
    latency_ms: float | None
    latency_p95_ms: float | None
    tokens: int | None
    success: float | None


@frozen(kw_only=True)
class Summary:
    """The sums of some requests: means, exact percentiles, and all tokens; None without a request."""

    requests: int = 0
    latency_ms: float | None = None
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    tokens: int | None = None
    tokens_mean: float | None = None
    success: float | None = None


class By(StrEnum):
    """What requests are grouped by; the arm is the A/B trigger's variant, a day is one of UTC."""

    VERSION = "version"
    ARM = "arm"
    DAY = "day"


@frozen(kw_only=True)
class Group:
    """The requests of one version, arm or day; `key` is None for those that no A/B trigger routed."""

    key: str | None
    summary: Summary


def _read_only(mapping: Mapping[Skip, int]) -> Mapping[Skip, int]:
    return MappingProxyType(dict(mapping))


@frozen(kw_only=True)
class Summaries:
    """All requests, and each group's; `skipped` counts what came and does not count, by why."""

    whole: Summary
    groups: tuple[Group, ...] = ()
    skipped: Mapping[Skip, int] = field(factory=dict[Skip, int], converter=_read_only)

    @property
    def duplicates(self) -> int:
        """How many records came again."""
        return self.skipped.get(Skip.REPEATED, 0)


def summarize(readings: Iterable[Reading], by: By | None = None) -> Summaries:
    """Sum *readings* up, as a whole and by group; they are read once, and only numbers are kept."""
    whole, groups, skipped = _Sum(), dict[str | None, _Sum](), Counter[Skip]()
    key = None if by is None else _KEYS[by]
    for reading in readings:
        if isinstance(reading, Unread):
            skipped[reading.why] += 1
            continue
        whole.add(reading)
        if key is not None:
            groups.setdefault(key(reading), _Sum()).add(reading)
    ordered = sorted(groups, key=_by_version if by is By.VERSION else _by_text)
    return Summaries(
        whole=whole.summary(),
        groups=tuple(Group(key=each, summary=groups[each].summary()) for each in ordered),
        skipped=dict(sorted(skipped.items())),
    )


def percentile(ascending: Sequence[float], percent: int) -> float | None:
    """Return the smallest of *ascending* values that *percent* (1 to 100) of them do not pass."""
    if not ascending:
        return None
    return ascending[-(-percent * len(ascending) // 100) - 1]


class _Sum:
    """A summary in the making."""

    __slots__ = ("latencies", "successes", "tokens")

    def __init__(self) -> None:
        self.latencies = array("d")
        self.successes = array("d")
        self.tokens = 0

    def add(self, record: Record) -> None:
        self.latencies.append(record.latency_ms)
        self.successes.append(record.success)
        self.tokens += record.tokens

    def summary(self) -> Summary:
        count = len(self.latencies)
        if not count:
            return Summary()
        ascending = array("d", sorted(self.latencies))
        return Summary(
            requests=count,
            latency_ms=math.fsum(ascending) / count,
            latency_p50_ms=percentile(ascending, 50),
            latency_p95_ms=percentile(ascending, 95),
            tokens=self.tokens,
            tokens_mean=self.tokens / count,
            success=math.fsum(self.successes) / count,
        )


def _version(record: Record) -> str | None:
    return record.version


def _arm(record: Record) -> str | None:
    return record.variant


def _day(record: Record) -> str | None:
    return record.at.astimezone(UTC).date().isoformat()


def _by_text(key: str | None) -> tuple[bool, str]:
    return key is not None, key or ""


def _by_version(key: str | None) -> tuple[object, ...]:
    """Versions by their rules, with what is none behind them."""
    try:
        return False, SemVer.parse(key or "").precedence, key or ""
    except InvalidInput:
        return True, (), key or ""


_KEYS: Final[Mapping[By, Callable[[Record], str | None]]] = {
    By.VERSION: _version,
    By.ARM: _arm,
    By.DAY: _day,
}
