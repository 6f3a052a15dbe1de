"""How conversations ended, by Genesys Cloud: T3's dialect of the analytics of `wire.md` §8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import orjson
from attrs import frozen

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.documents import object_of, read_id, read_object, read_utc
from jackfield.adapters.genesys.pages import QUERY
from jackfield.adapters.genesys.session_wire import resolution_of
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.ports.assistants import ConversationId
from jackfield.ports.resolutions import Resolved, Row, Unread

_SELECT: Final = ("conversationId", "startTime", "endTime", "resolutionStatus", "duration")
_MOST_PAGES: Final = 100_000
_LONGEST_TOKEN: Final = 8_000
_LONGEST_MS: Final = 10 * 365 * 86_400_000
_PLACE: Final = "resolutions"


class GenesysResolutions:
    """The `Resolutions` of Genesys Cloud; each page is a call of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client.of("resolutions")

    def ended(
        self,
        *,
        since: datetime,
        until: datetime,
        conversation: ConversationId | None = None,
        bot: str | None = None,
    ) -> Iterator[Row]:
        """Ask for page after page, each by the token of the one before."""
        since, until = _whole(since), _whole(until)
        given = set[ConversationId]()
        for page in self._pages(_question(since, until, conversation, bot)):
            for entity in page.rows:
                row = _within(read_row(entity), since, until, conversation)
                if row is None:
                    continue
                if isinstance(row, Unread):
                    yield row
                elif row.conversation in given:
                    yield Unread("it came before", row.conversation)
                else:
                    given.add(row.conversation)
                    yield row

    def _pages(self, question: dict[str, Any]) -> Iterator[_Page]:
        asked = set[str]()
        for _ in range(_MOST_PAGES):
            page = self._client.query(QUERY, orjson.dumps(question), lambda body: _page(body, asked))
            yield page
            if page.following is None:
                return
            asked.add(page.following)
            question["pageToken"] = page.following
        raise Unavailable(
            f"the pages do not end within {_MOST_PAGES}", place=_PLACE, remedy="ask for a shorter time"
        )


@frozen
class _Page:
    """The rows of a page as they came, and the token of the next one; None behind the last."""

    rows: tuple[object, ...]
    following: str | None


def _page(body: bytes, asked: set[str]) -> _Page:
    document = read_object(body, "page")
    rows = [] if document.get("data") is None else document["data"]
    if not isinstance(rows, list) or ("data" not in document and document.keys() - {"nextPageToken"}):
        raise InvalidInput("the answer is no page: it has no list of data")
    token = document.get("nextPageToken")
    if token is None or token == "":
        return _Page(tuple(cast("list[object]", rows)), None)
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN or not token.isprintable():
        # The token is not repeated: it may hold anything.
        raise InvalidInput("the token of the next page is no token")
    if token in asked:
        raise InvalidInput("the token of the next page does not advance")
    return _Page(tuple(cast("list[object]", rows)), token)


def _question(
    since: datetime, until: datetime, conversation: ConversationId | None, bot: str | None
) -> dict[str, Any]:
    wanted = {"conversationId": conversation, "botId": bot}
    return {
        "dateFrom": _text(since),
        "dateTo": _text(until),
        "filter": [
            {"dimension": dimension, "operator": "equals", "value": value}
            for dimension, value in wanted.items()
            if value is not None
        ],
        "select": _SELECT,
    }


def read_row(entity: object) -> Row | None:
    """Return what one row says, or why it cannot be counted; None for a conversation that goes on."""
    said = object_of(entity)
    found = read_id(said.get("conversationId"))
    if found is None:
        return Unread("it has no conversationId")
    conversation, started = ConversationId(found), read_utc(said.get("startTime"))
    if started is None:
        return Unread("its startTime is no time", conversation)
    if said.get("endTime", "") is None:
        return None
    return _ended(said, conversation, started)


def _ended(said: Mapping[str, object], conversation: ConversationId, started: datetime) -> Row:
    ended, word = read_utc(said.get("endTime")), said.get("resolutionStatus")
    if ended is None or ended < started:
        return Unread("its endTime is no time, or before its startTime", conversation)
    duration = _duration(said.get("duration"), ended - started)
    if duration is None:
        return Unread("its duration is no number of milliseconds, or out of range", conversation)
    if word is not None and resolution_of(word) is None:
        return Unread("its resolutionStatus is unknown", conversation)
    return Resolved(
        conversation=conversation,
        started=started,
        ended=ended,
        duration=duration,
        resolution=resolution_of(word),
    )


def _duration(told: object, between: timedelta) -> timedelta | None:
    """Return how long it took; where nothing is told, that is the time between its two times."""
    if told is None:
        return between
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= _LONGEST_MS:
        return None
    return timedelta(milliseconds=told)


def _within(
    row: Row | None, since: datetime, until: datetime, conversation: ConversationId | None
) -> Row | None:
    if not isinstance(row, Resolved):
        return row
    if not since <= row.started < until:
        return Unread("it began outside of the time that was asked for", row.conversation)
    if conversation not in (None, row.conversation):
        return Unread("another conversation was asked for", row.conversation)
    return row


def _whole(time: datetime) -> datetime:
    utc = time.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _text(time: datetime) -> str:
    return f"{time.isoformat(timespec='milliseconds')[:23]}Z"
