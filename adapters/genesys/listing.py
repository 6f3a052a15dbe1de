"""The active conversations of a bot, from pages that change while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen

from jackfield.adapters.genesys.client import Client, path
from jackfield.adapters.genesys.session_wire import ConversationPage, conversation_of
from jackfield.adapters.genesys.wire import decode
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation

_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 1_000
_MOST_READINGS: Final = 3
_PLACE: Final = "conversations"


@define
class _Reading:
    """One reading of all pages: what was met, and the largest total that a page told."""

    met: set[ConversationId] = field(factory=set[ConversationId])
    total: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether as many were met as there were: an end meanwhile moves another one past the border."""
        return len(self.met) >= self.total


@frozen
class Listing:
    """What `GET /conversations` says of one bot."""

    _client: Client
    _bot: str

    def total(self) -> int:
        """Return the platform's own total."""
        return self._page(1, 1).total

    def find(self, session: str) -> Conversation | None:
        """Return the conversation of *session*; None only if all were read."""
        for _ in range(_MOST_READINGS):
            reading = _Reading()
            found = next((each for each in self._read(reading) if each.session == session), None)
            if found is not None or reading.is_whole:
                return found
        raise _restless("whether the conversation is there")

    def all(self) -> Iterator[Conversation]:
        """Give each conversation once: it was there at some moment of the reading.

        One that another's end moved past the border of two pages is met by another reading; raises
        `Unavailable` where no reading met all, for one may be missing then.
        """
        given = set[ConversationId]()
        for _ in range(_MOST_READINGS):
            reading = _Reading()
            for each in self._read(reading):
                if each.id not in given:
                    given.add(each.id)
                    yield each
            if reading.is_whole:
                return
        raise _restless("which conversations are there")

    def _read(self, reading: _Reading) -> Iterator[Conversation]:
        seen = 0
        for number in range(1, _MOST_PAGES + 1):
            page = self._page(number, _PAGE_SIZE)
            reading.total = max(reading.total, page.total)
            reading.met.update(ConversationId(each.id) for each in page.entities)
            yield from filter(self._is_ours, map(conversation_of, page.entities))
            seen += len(page.entities)
            if not page.entities or seen >= page.total:
                return
        raise Unavailable(f"the list does not end within {_MOST_PAGES} pages", place=_PLACE)

    def _is_ours(self, conversation: Conversation) -> bool:
        """The platform's own filter may match more; who takes part need not be told."""
        return conversation.active and conversation.bot in (self._bot, None)

    def _page(self, number: int, size: int) -> ConversationPage:
        asked: dict[str, str | int] = {"to.id": self._bot, "state": "active"}
        where = path("api", "v2", "conversations", **asked, pageNumber=number, pageSize=size)
        return self._client.read(where, lambda body: _numbered(body, number))


def _restless(what: str) -> Unavailable:
    return Unavailable(
        f"the list changes faster than it is read, so nobody can tell {what}",
        place=_PLACE,
        remedy="look again later",
    )


def _numbered(body: bytes, number: int) -> ConversationPage:
    page = decode(body, ConversationPage)
    if page.page_number != number:
        raise InvalidInput(f"page {number} was asked for, and page {page.page_number} came")
    if page.total < 0:
        raise InvalidInput("the total is below 0")
    return page
