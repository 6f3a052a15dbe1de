"""What was dropped, as one process knows it at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from jackfield.domain.model.canonical import digest
from jackfield.domain.services.advice.keeping.answers import ANY_BASE, Answer

SKEW: Final = timedelta(minutes=1)
"""By how much the clock may have stepped back between an answer and what drops it, for others to see it."""
_LONGEST_NAME: Final = 64


class What(StrEnum):
    """What is dropped: the answers that hold a recommendation, those that depend on a base, or all."""

    ITEM = "item"
    BASE = "base"
    ALL = "all"


@frozen
class Mark:
    """What was dropped, when by the clock, and when in this process by `number`, which no clock changes."""

    what: What
    name: str
    time: datetime
    number: int = field(default=0, eq=False)

    @property
    def key(self) -> tuple[What, str]:
        """What it is of."""
        return self.what, self.name

    def reaches(self, answer: Answer) -> bool:
        """Whether *answer* may have been asked for before it."""
        return answer.asked <= self.time + SKEW

    def drops(self, answer: Answer, seen: int) -> bool:
        """Whether it came after *answer* was asked for by this process, which had *seen* so many by then."""
        return self.number > seen and (self.what is not What.ALL or self.reaches(answer))


@frozen
class Marked:
    """Marks by what they are of; `base` has the newest time and number of all that are of a base."""

    marks: Mapping[tuple[What, str], Mark] = field(factory=dict[tuple[What, str], Mark])
    base: Mark | None = None

    def of(self, answer: Answer) -> Iterator[Mark]:
        """Give those that are of something *answer* depends on."""
        if not self.marks:
            return iter(())
        found = [self.marks.get(key) for key in self._keys(answer)]
        if ANY_BASE in answer.bases:
            found.append(self.base)
        return (each for each in found if each is not None)

    def _keys(self, answer: Answer) -> Iterator[tuple[What, str]]:
        yield What.ALL, ""
        for each in answer.sifted.accepted:
            yield What.ITEM, named(each.item.id)
            yield What.BASE, named(each.item.source)
        for base in answer.bases:
            yield What.BASE, named(base)


def marked(marks: Iterable[Mark]) -> Marked:
    """Return *marks*, of each what is newest of it."""
    newest, base = dict[tuple[What, str], Mark](), None
    for mark in marks:
        newest[mark.key] = _newest(newest.get(mark.key), mark)
        if mark.what is What.BASE:
            base = _newest(base, mark)
    return Marked(newest, base)


def folded(marks: Iterable[Mark], most: int) -> Iterable[Mark]:
    """Return *marks*; if there are more than *most*, one for all in the place of those that are oldest."""
    listed = sorted(marks, key=lambda each: each.time)
    if len(listed) <= most:
        return listed
    old, rest = listed[: -most * 3 // 4], listed[-most * 3 // 4 :]
    whole = Mark(What.ALL, "", old[-1].time, max(each.number for each in old))
    return [whole, *rest]


def named(name: str) -> str:
    """Return *name* as a mark has it: a digest of one that is long."""
    return name if len(name) <= _LONGEST_NAME else digest(name)


def _newest(before: Mark | None, mark: Mark) -> Mark:
    if before is None:
        return mark
    return evolve(mark, time=max(before.time, mark.time), number=max(before.number, mark.number))
