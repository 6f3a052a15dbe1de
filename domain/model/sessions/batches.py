"""Thousands of sessions that are over in a few columns, so that a report over a million is read in seconds.

What many sessions have in common stands once, and each session is five whole numbers. Of a customer only a
hash is kept, which is enough to see a return.
"""

from __future__ import annotations

import base64
import json
import sys
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import compress
from typing import Any, Final, NamedTuple, Self

from attrs import define, field

from jackfield.domain.model.canonical import ordered
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.outcomes import Outcome

NONE: Final = -1
"""Stands for a termination that there is not, or for a customer whom nobody knows."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
_HASH_BITS: Final = 61
_COLUMNS: Final = ("kinds", "started", "lasted", "terminations", "customers")
_RESOLUTIONS: Final = {each.value: each for each in Resolution}
_HOLDERS: Final = {each.value: each for each in Holder}
_REASONS: Final = {each.value: each for each in EndReason}


class Facts(NamedTuple):
    """What a session has in common with many others."""

    bot: str
    intent: str | None
    versions: tuple[str, ...]
    spoken: bool
    handed: bool
    resolution: Resolution
    holder: Holder
    reason: EndReason
    escalation: str | None


def _numbers() -> array[int]:
    return array("q")


@define(eq=False)
class Batch:
    """Sessions that are over: row *i* of each column is one session's.

    `kinds` are places in `facts`; `started` is in microseconds of the epoch, `lasted` and `terminations` are
    microseconds.
    """

    facts: list[Facts] = field(factory=list[Facts])
    kinds: array[int] = field(factory=_numbers)
    started: array[int] = field(factory=_numbers)
    lasted: array[int] = field(factory=_numbers)
    terminations: array[int] = field(factory=_numbers)
    customers: array[int] = field(factory=_numbers)

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def text(self) -> str:
        """All of it as a text."""
        return ordered({"facts": self.facts, **{name: _packed(getattr(self, name)) for name in _COLUMNS}})

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a `text`, or an empty one; raise `InvalidInput` for what is none."""
        try:
            return cls._read(json.loads(text)) if text else cls()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput(
                "what is kept of the sessions that are over cannot be read",
                place="sessions",
                remedy="restore a backup, or upgrade Jackfield if a newer one wrote it",
            ) from error

    @classmethod
    def _read(cls, said: Any) -> Self:
        read = cls([_facts(each) for each in said["facts"]], *(_unpacked(said[name]) for name in _COLUMNS))
        if {len(getattr(read, name)) for name in _COLUMNS} != {len(read)}:
            raise ValueError("columns")
        return read

    def within(self, since: int, until: int) -> Batch:
        """Return the sessions that began from *since* on and before *until*."""
        if self.started and since <= min(self.started) and max(self.started) < until:
            return self
        return self._of([since <= began < until for began in self.started])

    def parted(self, bot: str | None) -> tuple[Batch, Batch]:
        """Return the sessions of *bot*, None for any, and the others."""
        of_bot = [bot is None or each.bot == bot for each in self.facts]
        if all(of_bot):
            return self, Batch()
        wanted = [of_bot[kind] for kind in self.kinds]
        return self._of(wanted), self._of([not each for each in wanted])

    def _of(self, wanted: Sequence[bool]) -> Batch:
        return Batch(self.facts, *(array("q", compress(getattr(self, name), wanted)) for name in _COLUMNS))


@define(eq=False)
class Filling:
    """A batch that grows."""

    batch: Batch = field(factory=Batch)
    _known: dict[Facts, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._known = {each: number for number, each in enumerate(self.batch.facts)}

    def add(self, outcome: Outcome) -> None:
        """Take a session."""
        facts = _facts_of(outcome)
        kind = self._known.setdefault(facts, len(self._known))
        if kind == len(self.batch.facts):
            self.batch.facts.append(facts)
        termination = NONE if outcome.termination is None else outcome.termination // _US
        row = (kind, micros(outcome.started), (outcome.ended - outcome.started) // _US, termination)
        for name, value in zip(_COLUMNS, (*row, hashed(outcome.customer)), strict=True):
            getattr(self.batch, name).append(value)


def micros(time: datetime) -> int:
    """Return *time* in microseconds of the epoch."""
    return (time - _EPOCH) // _US


def hashed(customer: str | None) -> int:
    """Return a number that is the same for the same customer everywhere; `NONE` for nobody."""
    if customer is None:
        return NONE
    digest = blake2b(customer.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> (64 - _HASH_BITS)


def _packed(column: array[int]) -> str:
    """Return the numbers as a text: 8 bytes each, the lowest first."""
    return base64.b64encode(_little(column).tobytes()).decode()


def _unpacked(text: str) -> array[int]:
    column = _numbers()
    column.frombytes(base64.b64decode(text, validate=True))
    return _little(column)


def _little(column: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return column
    turned = column[:]
    turned.byteswap()
    return turned


def _facts_of(outcome: Outcome) -> Facts:
    return Facts(
        bot=outcome.bot,
        intent=outcome.intent,
        versions=outcome.versions,
        spoken=outcome.messages > 0,
        handed=outcome.handoffs > 0,
        resolution=outcome.resolution,
        holder=outcome.holder,
        reason=outcome.reason,
        escalation=outcome.escalation,
    )


def _facts(said: Sequence[Any]) -> Facts:
    bot, intent, versions, spoken, handed, resolution, holder, reason, escalation = said
    return Facts(
        bot=bot,
        intent=intent,
        versions=tuple(versions),
        spoken=spoken,
        handed=handed,
        resolution=_RESOLUTIONS[resolution],
        holder=_HOLDERS[holder],
        reason=_REASONS[reason],
        escalation=escalation,
    )
