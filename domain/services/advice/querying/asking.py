"""Asking the platform: page after page until there is enough, once for all processes that share a cache."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from attrs import define, field, frozen

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Rejected, Rejection, Sieve, Sifted, sift
from jackfield.domain.model.errors import JackfieldError, NotFound
from jackfield.domain.services.advice.keeping.answers import Answer, bases_of
from jackfield.domain.services.advice.keeping.kept import Answers, Kept
from jackfield.domain.services.advice.keeping.leasing import Leasing
from jackfield.domain.services.advice.measuring import Measures, Tier
from jackfield.domain.services.advice.querying.flights import late
from jackfield.domain.services.advice.querying.renewing import SHORT, Renewing
from jackfield.ports.advice import AdviceGateway, Recommended, Unusable
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease

MOST_PAGES: Final = 10
"""Then what there is must do."""
_PAUSE: Final = timedelta(milliseconds=10)
_PATIENCE_S: Final = 0.1
"""How long a lease is waited for, unless a fiftieth of the time left is more."""
_GRACE: Final = timedelta(seconds=1)
_NOT_UTF8: Final = "it holds half a surrogate pair"


@frozen(kw_only=True)
class Wanted:
    """A question under its key, what is good enough, and when the answer must be there.

    An answer that was asked for at `newer` or before is none. `seen` is how many marks there were when the
    question came.
    """

    key: str
    query: AdviceQuery
    sieve: Sieve
    ends: float
    newer: datetime | None = None
    seen: int = 0

    def takes(self, kept: Kept | None) -> TypeGuard[Kept]:
        """Whether what is kept answers it."""
        return kept is not None and (self.newer is None or kept.answer.asked > self.newer)


@frozen
class Found:
    """An answer, when it was asked for in monotonic seconds, where it was, and the marks seen by then."""

    answer: Answer
    asked: float
    tier: Tier
    seen: int = 0


@frozen(kw_only=True)
class Alone:
    """Leave to ask, given to one a key of those who share a cache: in one `place` of an organization.

    It is short, and renewed while the question is under way.
    """

    leasing: Leasing
    renewing: Renewing
    place: str = ""

    def acquire(self, key: str, now: float, ends: float) -> Lease | bool | None:
        """Return the leave, False while another has it, None where none can be had soon: then all ask."""
        left = max(0.0, ends - now)
        lifetime = min(timedelta(seconds=left) + _GRACE, SHORT)
        lease = self.leasing.acquire(f"advice {self.place} {key}", lifetime, max(_PATIENCE_S, left / 50))
        if isinstance(lease, Lease):
            self.renewing.keep(lease, ends + _GRACE.total_seconds())
        return lease

    def release(self, lease: Lease) -> None:
        """Give it back."""
        self.renewing.let_go(lease)
        self.leasing.release(lease, _PATIENCE_S)

    def after_fork(self) -> None:
        """Nobody who asked is in this process."""
        self.leasing.after_fork()
        self.renewing.after_fork()


@define(eq=False)
class Asking:
    """Brings answers: from whoever asked a moment ago, else from the platform."""

    gateway: AdviceGateway
    answers: Answers
    clock: Clock
    measures: Measures
    alone: Alone | None = field(default=None, kw_only=True)

    def bring(self, wanted: Wanted, held: list[Lease]) -> Found:
        """Return the answer; what was taken for it is in *held*, to be given back when everybody has it."""
        while (found := self.told(wanted)) is None:
            now = self.clock.monotonic()
            lease = None if self.alone is None else self.alone.acquire(wanted.key, now, wanted.ends)
            if lease is None:
                return self._asked(wanted)
            if isinstance(lease, Lease):
                held.append(lease)
                return self.told(wanted) or self._asked(wanted)  # the one before may have asked meanwhile
            if now >= wanted.ends:
                raise late()
            self.clock.sleep(_PAUSE)
        return found

    def release(self, held: list[Lease]) -> None:
        """Give back what is *held*."""
        for lease in held:
            if self.alone is not None:
                self.alone.release(lease)

    def told(self, wanted: Wanted) -> Found | None:
        """Return what was brought since somebody looked."""
        now = self.clock.monotonic()
        kept, tier = self.answers.hit(wanted.key, now), Tier.MEMORY
        if not wanted.takes(kept):
            kept, tier = self.answers.shared(wanted.key, wanted.sieve, now), Tier.SHARED
        return Found(kept.answer, kept.asked, tier, kept.seen) if wanted.takes(kept) else None

    def is_dropped(self, wanted: Wanted, found: Found) -> bool:
        """Whether it was asked for before the question came, and dropped since."""
        return found.seen < wanted.seen and self.answers.marks.drop(found.answer, found.seen)

    def after_fork(self) -> None:
        """Nobody who asked, or held a lock, is in this process."""
        self.answers.after_fork()
        if self.alone is not None:
            self.alone.after_fork()

    def _asked(self, wanted: Wanted) -> Found:
        began, seen = self.clock.monotonic(), self.answers.marks.number
        try:
            answer = self.ask(wanted.query, wanted.sieve, wanted.ends)
        except NotFound:
            self.answers.drop(wanted.key)
            raise
        self.answers.put(wanted.key, answer, seen)
        return Found(answer, began, Tier.PLATFORM, seen)

    def ask(self, query: AdviceQuery, sieve: Sieve, ends: float) -> Answer:
        """Ask the platform; if it fails behind a page with something good, that is the answer, not whole."""
        asked, now = self.clock.now(), self.clock.now
        items, unusable = list[Item](), list[Rejected]()
        sifted, whole, pages = Sifted(accepted=(), rejected=()), True, 0
        try:
            for page in self._pages(query, sieve, ends):
                pages += 1
                _part(page, items, unusable)
                sifted = sift(sieve, items, now=now())
                if len(sifted.accepted) >= sieve.wanted:
                    break
        except JackfieldError as error:
            self.measures.asked("failed", pages)
            if not sifted.accepted or isinstance(error, NotFound):
                raise
            whole = False
        else:
            self.measures.asked("answered", pages)
        sifted = Sifted(accepted=sifted.accepted, rejected=(*sifted.rejected, *unusable), until=sifted.until)
        return Answer(sifted=sifted, asked=asked, bases=bases_of(query), whole=whole)

    def _pages(self, query: AdviceQuery, sieve: Sieve, ends: float) -> Iterator[tuple[Recommended, ...]]:
        pages = iter(self.gateway.recommend(query, wanted=sieve.wanted, ends=ends))
        for _ in range(MOST_PAGES):
            page = next(pages, None)
            if page is None:
                return
            yield page


def _part(page: tuple[Recommended, ...], items: list[Item], unusable: list[Rejected]) -> None:
    for each in page:
        if isinstance(each, Unusable):
            unusable.append(Rejected(id=each.id, reason=Rejection.UNUSABLE, detail=each.why))
        elif not _is_utf8(each):
            unusable.append(Rejected(id=None, reason=Rejection.UNUSABLE, detail=_NOT_UTF8))
        else:
            items.append(each)


def _is_utf8(item: Item) -> bool:
    try:
        f"{item.id}{item.title}{item.content}{item.source}".encode()
    except UnicodeEncodeError:
        return False
    return True
