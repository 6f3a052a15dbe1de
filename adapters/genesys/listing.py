"""The active conversations of a bot, from pages that change while they are read.

Pages are read from the last to the first. This takes for granted that the platform lists conversations in the
order in which they began, which nothing written says. Then an end moves others only towards pages that are
still to be read, and a beginning comes behind all: whatever is there all the while of a reading is met by it,
however many come and go meanwhile. For the one answer that others build on without another look, that a
session has no conversation, that order is not taken for granted, but looked for: see `Listing.find`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from attrs import define, field, frozen

from jackfield.adapters.genesys.client import Client, path
from jackfield.adapters.genesys.documents import read_utc
from jackfield.adapters.genesys.session_wire import ConversationPage, conversation_of
from jackfield.adapters.genesys.wire import decode
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation

_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 1_000
_MOST_READINGS: Final = 4
_PLACE: Final = "conversations"
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


@define
class _Reading:
    """What was met on the pages, by when it began, and whether they came in the order in which all began.

    `first` is the total that was told first, `total` the last one; `is_one_page` where that has all.
    """

    met: dict[ConversationId, datetime | None] = field(factory=dict[ConversationId, "datetime | None"])
    first: int = 0
    total: int = 0
    is_one_page: bool = False
    _is_ordered: bool = field(default=True, init=False)
    _oldest: datetime = field(default=_LATEST, init=False)
    _head: datetime | None = field(default=None, init=False)

    def take(self, page: ConversationPage) -> None:
        """Take a page that was read behind those that follow it."""
        self.total = page.total
        found = {ConversationId(each.id): read_utc(each.start_time) for each in page.entities}
        fresh = [began for each, began in found.items() if each not in self.met]
        known = [began for began in found.values() if began is not None]
        is_sorted = len(known) == len(found) and known == sorted(known)
        head = self._head
        between = all(began and (head is None or began >= head) and began <= self._oldest for began in fresh)
        self._is_ordered = self._is_ordered and is_sorted and between
        self._oldest = min(self._oldest, *known, _LATEST)
        self.met |= found

    def go_to_the_end(self) -> None:
        """Take the last page next: what only that and those before it have began behind the first."""
        self._oldest, self._head = _LATEST, self.newest()

    def confirms(self, other: _Reading | None) -> bool:
        """Whether nothing can have been missed: all came at once, two readings in a row met the same, or
        both were in order, and this one met nothing older that the other had missed."""
        if self.is_one_page:
            return len(self.met) >= self.total
        if other is None:
            return False
        same = self.met.keys() == other.met.keys() and len(self.met) >= self.total
        return same or self._follows(other)

    def _follows(self, other: _Reading) -> bool:
        """What ends hides nothing, and what began behind the other reading cannot have been there before."""
        newest = other.newest()
        if not (self._is_ordered and other._is_ordered and newest) or newest == self._oldest:
            return False
        behind = all(each in other.met or (began and began > newest) for each, began in self.met.items())
        return behind and len(self.met.keys() | other.met.keys()) >= self.first

    def newest(self) -> datetime | None:
        """Return when the last of them began."""
        return max((began for began in self.met.values() if began is not None), default=None)


@frozen
class Listing:
    """What `GET /conversations` says of one bot."""

    _client: Client
    _bot: str

    def total(self) -> int:
        """Return the platform's own total."""
        return self._page(1, 1).total

    def find(self, session: str) -> Conversation | None:
        """Return the conversation of *session*; None only if it is certainly not there.

        A start may be made again on a None, and would be there twice if one were wrong. So unless one page
        holds all, it is read twice. Where both readings came in the order in which conversations began, only
        what began meanwhile may be new to the second. In any other order both must have met the same
        conversations, as many as there are; raises `Unavailable` where the list changes faster than that.
        """
        before: _Reading | None = None
        for _ in range(_MOST_READINGS):
            reading = _Reading()
            found = next((each for each in self._read(reading) if each.session == session), None)
            if found is not None or reading.confirms(before):
                return found
            before = reading
        raise Unavailable(
            "the list changes faster than it is read, so nobody can tell whether the conversation is there",
            place=_PLACE,
            remedy="look again later",
        )

    def all(self) -> Iterator[Conversation]:
        """Give each conversation that is there all the while, once, and some of those that come and go."""
        given = set[ConversationId]()
        for each in self._read(_Reading()):
            if each.id not in given:
                given.add(each.id)
                yield each

    def _read(self, reading: _Reading) -> Iterator[Conversation]:
        """Give what the pages have; the first one, which says how many there are, is read again at last."""
        first = self._page(1, _PAGE_SIZE)
        pages = _pages(first)
        yield from self._of(first, reading)
        reading.first, reading.is_one_page = first.total, pages == 1
        reading.go_to_the_end()
        for number in range(pages, 1, -1):
            yield from self._of(self._page(number, _PAGE_SIZE), reading)
        if pages > 1:
            yield from self._of(self._page(1, _PAGE_SIZE), reading)

    def _of(self, page: ConversationPage, reading: _Reading) -> Iterator[Conversation]:
        reading.take(page)
        return filter(self._is_ours, map(conversation_of, page.entities))

    def _is_ours(self, conversation: Conversation) -> bool:
        """The platform's own filter may match more; who takes part need not be told."""
        return conversation.active and conversation.bot in (self._bot, None)

    def _page(self, number: int, size: int) -> ConversationPage:
        asked: dict[str, str | int] = {"to.id": self._bot, "state": "active"}
        where = path("api", "v2", "conversations", **asked, pageNumber=number, pageSize=size)
        return self._client.read(where, lambda body: _numbered(body, number))


def _pages(first: ConversationPage) -> int:
    """Return how many pages there are; a platform may hold fewer on each than it was asked for."""
    if first.total and not first.entities:
        raise Unavailable(f"the list says that it has {first.total:,}, and shows none", place=_PLACE)
    pages = -(-first.total // len(first.entities)) if first.entities else 1
    if pages > _MOST_PAGES:
        raise Unavailable(f"the list does not end within {_MOST_PAGES} pages", place=_PLACE)
    return max(1, pages)


def _numbered(body: bytes, number: int) -> ConversationPage:
    page = decode(body, ConversationPage)
    if page.page_number != number:
        raise InvalidInput(f"page {number} was asked for, and page {page.page_number} came")
    if page.total < 0:
        raise InvalidInput("the total is below 0")
    return page
