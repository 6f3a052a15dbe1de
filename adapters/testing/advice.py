"""A platform's recommendations in memory, as a test wrote them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotFound, Unavailable
from jackfield.ports.advice import Recommended
from jackfield.ports.clock import Clock

_LONGEST_SECONDS: Final = 20.0


@define(eq=False)
class FakeAdviceGateway:
    """An `AdviceGateway` that gives what is in `answers` for a query, and `items` for every other one.

    Both stand best first; of the bases that a query names it gives those alone, `page_size` a page. `bases`
    are the ids that it knows, None for any. Each page that is taken uses up one of `next`, an error that is
    raised or None; `failure` is raised by every page while there is one. `asked` has every query, and `pages`
    says how many pages were given. `hold` lets everybody wait until `let_go`.
    """

    clock: Clock = field(factory=FrozenClock)
    items: Sequence[Recommended] = ()
    answers: dict[AdviceQuery, Sequence[Recommended]] = field(
        factory=dict[AdviceQuery, Sequence[Recommended]]
    )
    bases: Collection[str] | None = None
    page_size: int = 5
    next: list[JackfieldError | None] = field(factory=list[JackfieldError | None])
    failure: JackfieldError | None = None
    asked: list[AdviceQuery] = field(factory=list[AdviceQuery])
    pages: int = 0
    _open: threading.Event = field(factory=threading.Event, init=False)
    _told: threading.Condition = field(factory=threading.Condition, init=False)

    def __attrs_post_init__(self) -> None:
        self._open.set()

    def hold(self) -> None:
        """Let every page wait until `let_go`."""
        self._open.clear()

    def let_go(self) -> None:
        """Answer whoever waits."""
        self._open.set()

    def wait_until_asked(self, times: int = 1) -> None:
        """Return when so many queries have come; fail a test in which they do not come."""
        with self._told:
            if not self._told.wait_for(lambda: len(self.asked) >= times, _LONGEST_SECONDS):
                raise AssertionError(f"{len(self.asked)} of {times} queries came")

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Give page after page, each when it is taken; there is at least one."""
        del wanted
        with self._told:
            self.asked.append(query)
            self._told.notify_all()
        self._take(ends)
        _expect_utf8(query)
        found = self._found(query)
        for at in range(0, max(1, len(found)), self.page_size):
            if at:
                self._take(ends)
            with self._told:
                self.pages += 1
            yield found[at : at + self.page_size]

    def _found(self, query: AdviceQuery) -> tuple[Recommended, ...]:
        unknown = [each for each in query.bases if self.bases is not None and each not in self.bases]
        if unknown:
            raise NotFound(f"there is no knowledge base {unknown[0]!r}", place="bases")
        given = self.answers.get(query, self.items)
        return tuple(each for each in given if not query.bases or _is_of(each, query.bases))

    def _take(self, ends: float) -> None:
        if not self._open.wait(_LONGEST_SECONDS):
            raise AssertionError("it is held, and nobody lets it go")
        if self.clock.monotonic() >= ends:
            raise Unavailable("the deadline passed before it could be sent")
        with self._told:
            failure = self.next.pop(0) if self.next else self.failure
        if failure is not None:
            raise failure


def _expect_utf8(query: AdviceQuery) -> None:
    try:
        query.transcript.encode()
    except UnicodeEncodeError:
        raise InvalidInput("a text in it cannot be written as UTF-8", place="transcript") from None


def _is_of(each: Recommended, bases: Collection[str]) -> bool:
    """What is unusable has no source to tell."""
    return not isinstance(each, Item) or each.source in bases
