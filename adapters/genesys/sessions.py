"""Conversations on Genesys Cloud: the verbs of `wire.md` §8 as calls."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Final

from jackfield.adapters.genesys.client import Change, Client, path
from jackfield.adapters.genesys.counting import Counting
from jackfield.adapters.genesys.listing import Listing
from jackfield.adapters.genesys.session_wire import (
    ConversationAnswer,
    EndChange,
    conversation_of,
    opening_body,
    route_body,
)
from jackfield.adapters.genesys.wire import decode, encode
from jackfield.adapters.http import Effect
from jackfield.domain.model.errors import (
    BotFull,
    Conflict,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PlatformRejected,
)
from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation, Opening

_CONVERSATIONS: Final = ("api", "v2", "conversations")
_LIMIT: Final = "conversation.limit"
_TO: Final = "to.id"
_ROUTED: Final = "routing.queueId"
_ELSEWHERE: Final = "it may be of another organization: check the target's region and base URL"
_QUEUE: Final = (
    "write the queue as the platform does (sessions.queue, or sessions.bots.NAME.queue), and run"
    " 'jackfield sessions recover' for those that were handed over"
)


class GenesysSessions:
    """The `SessionGateway` of Genesys Cloud."""

    def __init__(self, client: Client, counting: Counting | None = None) -> None:
        self._client = client.of("sessions")
        self._counting = Counting() if counting is None else counting

    def start(self, opening: Opening, *, ends: float) -> Conversation:
        """Make a conversation (`POST`), once."""
        change = Change(method="POST", path=path(*_CONVERSATIONS), body=opening_body(opening))
        try:
            return self._client.until(ends).change(change, _conversation)
        except OutcomeUnknown as error:
            raise _unknown(opening, error) from error
        except NotFound as error:
            raise _absent(opening, error) from error
        except PlatformRejected as error:
            if error.code != _LIMIT:
                raise
            raise _full(f"bot {opening.bot!r}", error) from error

    def look_up(self, bot: str, session: str, *, ends: float) -> Conversation | None:
        """Search every page, as `Listing.find` does; the platform's own filter may match more."""
        return self._listing(bot, ends).find(session)

    def count_active(self, bot: str, *, enough: int, most: int | None = None, ends: float) -> int:
        """Take the platform's total if it is below *enough*, else count up to *most*.

        The total is read by each; the pages by one for all who come while others read them.
        """
        client = self._client.until(ends)
        listing = Listing(client, bot)
        total = listing.total()
        if total < enough:
            return total
        return self._counting.count(
            (bot, most), lambda: _own(listing.all(), most), seconds=lambda: client.seconds_left
        )

    def active(self, bot: str, *, ends: float) -> frozenset[ConversationId]:
        """Read every page."""
        return frozenset(_with_the_bot(self._listing(bot, ends).all()))

    def find(self, conversation: ConversationId, *, ends: float) -> Conversation:
        """Read it (`GET`)."""
        try:
            return self._client.until(ends).read(_path(conversation), lambda body: _same(body, conversation))
        except NotFound as error:
            raise _nowhere(conversation, error) from error

    def route(
        self, conversation: ConversationId, queue: str | None, attributes: Attributes, *, ends: float
    ) -> Conversation:
        """Route it, and set its attributes, by one `PATCH`, which says all of both.

        A bot that is full gets none back: `BotFull`.
        """
        change = _patch(conversation, route_body(queue, attributes))
        try:
            return self._client.until(ends).change(change, lambda body: _same(body, conversation))
        except NotFound as error:
            raise _nowhere(conversation, error, queue) from error
        except PlatformRejected as error:
            if error.code == _LIMIT:
                raise _full(f"the bot of conversation {conversation}", error) from error
            if not _conflicts(error):
                raise
            raise _over(conversation, error) from error

    def close(self, conversation: ConversationId, resolution: Resolution, *, ends: float) -> Conversation:
        """End it (`PATCH`); where the platform refuses that, for it is over, it is read."""
        change = _patch(conversation, encode(EndChange(resolution_status=resolution)))
        try:
            return self._client.until(ends).change(change, lambda body: _ended(body, conversation))
        except NotFound as error:
            raise _nowhere(conversation, error) from error
        except (PlatformRejected, OutcomeUnknown) as error:
            if not _conflicts(error):
                raise
            found = self.find(conversation, ends=ends)
            if found.active:
                raise
            return found

    def _listing(self, bot: str, ends: float) -> Listing:
        return Listing(self._client.until(ends), bot)


def _path(conversation: ConversationId) -> str:
    return path(*_CONVERSATIONS, conversation)


def _patch(conversation: ConversationId, body: bytes) -> Change:
    return Change(method="PATCH", path=_path(conversation), body=body, effect=Effect.SETS)


def _conversation(body: bytes) -> Conversation:
    return conversation_of(decode(body, ConversationAnswer))


def _same(body: bytes, conversation: ConversationId) -> Conversation:
    found = _conversation(body)
    if found.id != conversation:
        raise InvalidInput("the answer is of another conversation")
    return found


def _ended(body: bytes, conversation: ConversationId) -> Conversation:
    found = _same(body, conversation)
    if found.active:
        raise InvalidInput("the answer is of a conversation that goes on")
    return found


def _with_the_bot(conversations: Iterator[Conversation]) -> Iterator[ConversationId]:
    return (each.id for each in conversations if each.queue is None)


def _own(conversations: Iterator[Conversation], most: int | None) -> int:
    return sum(1 for _ in islice(_with_the_bot(conversations), most))


def _conflicts(error: JackfieldError) -> bool:
    return bool(error.attempts) and error.attempts[-1].status == HTTPStatus.CONFLICT


def _unknown(opening: Opening, error: OutcomeUnknown) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"nobody knows whether the conversation was made: {error.message}",
        place=f"session {opening.session}",
        remedy="nothing was sent again; the bot's active conversations there show whether it was",
        attempts=error.attempts,
    )


def _absent(opening: Opening, error: NotFound) -> NotFound:
    is_bot, is_queue = opening.queue is None or error.field == _TO, error.field == _ROUTED
    bot, queue = f"no bot {opening.bot!r}", f"no queue {opening.queue!r}"
    which = "bot" if is_bot else "queue" if is_queue else "bot or queue"
    return NotFound(
        f"there is {bot if is_bot else queue if is_queue else f'{bot}, or {queue}'}",
        place=f"{which} ({error.field})" if error.field else which,
        remedy=f"take its id from the platform; {_ELSEWHERE}" if is_bot else _QUEUE,
        attempts=error.attempts,
        field=error.field,
    )


def _nowhere(conversation: ConversationId, error: NotFound, queue: str | None = None) -> NotFound:
    is_queue = queue is not None and error.field == _ROUTED
    or_no = "" if queue is None else f", or no queue {queue!r}"
    return NotFound(
        f"there is no queue {queue!r}" if is_queue else f"there is no such conversation{or_no}",
        place=f"conversation {conversation}",
        remedy=_ELSEWHERE if queue is None else _QUEUE,
        attempts=error.attempts,
        field=error.field,
    )


def _full(place: str, error: PlatformRejected) -> BotFull:
    return BotFull(
        "the platform lets it have no more conversations at a time",
        place=place,
        remedy="try again later, or send the customer to a queue",
        attempts=error.attempts,
    )


def _over(conversation: ConversationId, error: PlatformRejected) -> Conflict:
    return Conflict(
        "it is over, so nobody can take it",
        place=f"conversation {conversation}",
        remedy="read how it ended, and start another",
        attempts=error.attempts,
    )
