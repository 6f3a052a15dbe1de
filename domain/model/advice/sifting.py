"""Which recommendations are good enough for an agent, and why the others are not.

Source: tutorial 004's thresholds; `wire.md` §12.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from attrs import evolve, field, frozen

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.errors import InvalidInput

_WORD: Final = re.compile(r"\w+")
_SHINGLE: Final = 3
_ALIKE: Final = 0.8
_WRONG: Final = "an agent said so in this conversation"


def _relevance(_instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput("it is a number from 0 to 1", place=attribute.name, remedy="write one, like 0.8")


def _span(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta) or not timedelta() <= value <= timedelta(days=36_500):
        raise InvalidInput(
            "it is a time from 0 to 100 years", place=attribute.name, remedy="give timedelta(days=7)"
        )


def _count(_instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:  # noqa: PLR2004
        raise InvalidInput("it is 1 to 100", place=attribute.name, remedy="write a whole number")


@frozen(kw_only=True)
class Sieve:
    """What is good enough: at least so relevant, at most so old, and so many of them.

    A text that is dated ahead of our clock by up to `skew` is taken for new.
    """

    relevance: float = field(default=0.80, validator=_relevance)
    age: timedelta = field(default=timedelta(days=7), validator=_span)
    skew: timedelta = field(default=timedelta(minutes=5), validator=_span)
    wanted: int = field(default=5, validator=_count)


class Rejection(StrEnum):
    """Why a recommendation is kept from an agent."""

    RELEVANCE = "relevance"
    AGE = "age"
    FUTURE = "future"
    REPEATED = "repeated"
    SURPLUS = "surplus"
    UNUSABLE = "unusable"
    WRONG = "judged-wrong"


@frozen(kw_only=True)
class Accepted:
    """A recommendation to show, at `position` from 1.

    `like` is the id of one above it that says nearly the same, `shown` whether its conversation had it.
    """

    item: Item
    position: int
    like: str | None = None
    shown: bool = False


@frozen(kw_only=True)
class Rejected:
    """A recommendation that is not shown: its id, why, and the numbers; `item` is None if it is unusable."""

    id: str | None
    reason: Rejection
    detail: str
    item: Item | None = None


@frozen(kw_only=True)
class Sifted:
    """All that was recommended, in two; `until` is when the first of the accepted ones gets too old."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    until: datetime | None = None


def sift(
    sieve: Sieve,
    items: Iterable[Item],
    *,
    now: datetime,
    shown: Collection[str] = (),
    wrong: Collection[str] = (),
) -> Sifted:
    """Part *items* into those to show, the most relevant first, and the others.

    Equally relevant ones are ordered by date, the newest first, and then by id; so the order in which they
    came is nothing. *shown* are the ids that the conversation had before, *wrong* those that an agent of it
    judged so.
    """
    good, rejected = list[Item](), list[Rejected]()
    seen = set[str]()
    for item in sorted(items, key=lambda each: (-each.relevance, -each.published.timestamp(), each.id)):
        if item.id in wrong:
            rejected.append(Rejected(id=item.id, reason=Rejection.WRONG, detail=_WRONG, item=item))
            continue
        fault = _fault(sieve, item, now, seen, enough=len(good) >= sieve.wanted)
        seen.add(item.id)
        if fault is None:
            good.append(item)
        else:
            rejected.append(fault)
    return Sifted(
        accepted=tuple(_marked(good, shown)),
        rejected=tuple(rejected),
        until=min((item.published + sieve.age for item in good), default=None),
    )


def aged(sifted: Sifted, sieve: Sieve, *, now: datetime) -> Sifted:
    """Return *sifted* as of *now*, later: what has got too old since is rejected."""
    if sifted.until is None or now <= sifted.until:
        return sifted
    parted = sift(sieve, (each.item for each in sifted.accepted), now=now)
    marks = {each.item.id: each for each in sifted.accepted}
    accepted = tuple(evolve(each, shown=marks[each.item.id].shown) for each in parted.accepted)
    return Sifted(accepted=accepted, rejected=(*sifted.rejected, *parted.rejected), until=parted.until)


def without(sifted: Sifted, sieve: Sieve, wrong: Collection[str], *, now: datetime) -> Sifted:
    """Return *sifted* without what was judged *wrong*; what there was too much of moves up."""
    if not any(each.item.id in wrong for each in sifted.accepted):
        return sifted
    items = [each.item for each in sifted.accepted]
    items += [each.item for each in sifted.rejected if each.item is not None]
    parted = sift(sieve, items, now=now, wrong=wrong)
    unusable = (each for each in sifted.rejected if each.item is None)
    return evolve(parted, rejected=(*parted.rejected, *unusable))


def _fault(
    sieve: Sieve, item: Item, now: datetime, seen: Collection[str], *, enough: bool
) -> Rejected | None:
    found = next(_faults(sieve, item, now, seen, enough=enough), None)
    return None if found is None else Rejected(id=item.id, reason=found[0], detail=found[1], item=item)


def _faults(
    sieve: Sieve, item: Item, now: datetime, seen: Collection[str], *, enough: bool
) -> Iterator[tuple[Rejection, str]]:
    if item.id in seen:
        yield Rejection.REPEATED, "it came before"
    if item.relevance < sieve.relevance:
        yield Rejection.RELEVANCE, f"{item.relevance:g} is below {sieve.relevance:g}"
    age = now - item.published
    if age > sieve.age:
        yield Rejection.AGE, f"{_days(age)} are over {_days(sieve.age)}"
    if -age > sieve.skew:
        yield Rejection.FUTURE, f"it is dated {_days(-age)} ahead"
    if enough:
        yield Rejection.SURPLUS, f"there are {sieve.wanted} better ones"


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.1f} days" if days >= 1 else f"{span / timedelta(minutes=1):.0f} min"


def _marked(items: Sequence[Item], shown: Collection[str]) -> Iterator[Accepted]:
    before = list[tuple[str, frozenset[str]]]()
    for position, item in enumerate(items, 1):
        shingles = _shingles(item)
        like = next((other for other, theirs in before if _alike(shingles, theirs)), None)
        before.append((item.id, shingles))
        yield Accepted(item=item, position=position, like=like, shown=item.id in shown)


def _shingles(item: Item) -> frozenset[str]:
    words = _WORD.findall(f"{item.title} {item.content}".casefold())
    if len(words) < _SHINGLE:
        return frozenset((" ".join(words),))
    return frozenset(" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether most of their runs of three words are the same (Jaccard)."""
    return len(one & other) >= _ALIKE * len(one | other)
