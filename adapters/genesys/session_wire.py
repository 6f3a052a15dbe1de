"""The JSON bodies of `wire.md` §8 as values: what is sent, and what of a conversation comes back.

Of an answer the id and the state are certain; the rest is as it came, for one odd field must hide no
conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, cast

import orjson
from attrs import field, frozen

from jackfield.adapters.genesys.documents import object_of, printable, read_id, read_utc
from jackfield.adapters.genesys.wire import encode
from jackfield.domain.model.canonical import ordered
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, SESSION_KEY, Attributes, merge
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.sessions import Conversation, Opening

_EMPTY: Final = "{}"
EVENT: Final = "conversation:ended"
"""What a webhook tells of."""


class State(StrEnum):
    """Whether a conversation goes on."""

    ACTIVE = "active"
    CLOSED = "closed"


@frozen(kw_only=True)
class Party:
    """Who takes part."""

    id: str
    name: str | None = None


@frozen(kw_only=True)
class Route:
    """Where people are waited for."""

    queue_id: str


@frozen(kw_only=True)
class OpeningBody:
    """A conversation to be made."""

    to: tuple[Party, ...]
    from_: Party
    type: str
    attributes: orjson.Fragment
    routing: Route | None = None


@frozen(kw_only=True)
class RouteChange:
    """The body that sends a conversation to people, or back to its bot."""

    routing: Route | None
    attributes: orjson.Fragment


@frozen(kw_only=True)
class EndChange:
    """The body that ends a conversation."""

    state: State = State.CLOSED
    resolution_status: Resolution


@frozen(kw_only=True)
class EvaluationBody:
    """A text to be understood."""

    text: str
    bot_id: str


@frozen(kw_only=True)
class WebhookBody:
    """A webhook to be made; the secret is revealed here, where the bytes are."""

    name: str
    url: str = field(repr=False)
    events: tuple[str, ...] = (EVENT,)
    secret: str = field(repr=False)


@frozen(kw_only=True)
class ConversationAnswer:
    """A conversation as the platform returns it."""

    id: str = field(validator=printable)
    state: State
    to: Any = None
    attributes: Any = field(default=None, repr=False)
    routing: Any = None
    start_time: Any = None
    end_time: Any = None
    resolution_status: Any = None


@frozen(kw_only=True)
class ConversationPage:
    """One page of a list of conversations; `total` counts all pages."""

    entities: tuple[ConversationAnswer, ...]
    page_number: int
    total: int


def opening_body(opening: Opening) -> bytes:
    """Return the body that makes a conversation: its attributes byte by byte, with our id among them."""
    return encode(
        OpeningBody(
            to=(Party(id=opening.bot, name=opening.title),),
            from_=Party(id=opening.customer),
            type=opening.type,
            attributes=_fragment(_tagged(opening)),
            routing=_route(opening.queue),
        )
    )


def route_body(queue: str | None, attributes: Attributes) -> bytes:
    """Return the body of the one update that routes a conversation."""
    return encode(RouteChange(routing=_route(queue), attributes=_fragment(attributes)))


def _route(queue: str | None) -> Route | None:
    return None if queue is None else Route(queue_id=queue)


def _fragment(attributes: Attributes) -> orjson.Fragment:
    try:
        return orjson.Fragment(attributes.text.encode())
    except UnicodeEncodeError:
        raise InvalidInput("a text in them cannot be written as UTF-8", place="attributes") from None


def _tagged(opening: Opening) -> Attributes:
    """Add our id as the last pair, unless it is there; one that is named alike gives way."""
    given = opening.attributes
    if SESSION_KEY in given.text:
        if given.values().get(SESSION_KEY) == opening.session:
            return given
        merged = merge(given, ((SESSION_KEY, opening.session),))
        if merged.dropped:
            raise _no_room(given)
        return merged.attributes
    pair = f"{ordered(SESSION_KEY)}:{ordered(opening.session)}"
    text = f"{given.text[:-1]},{pair}}}" if given.text != _EMPTY else f"{{{pair}}}"
    if given.size + len(text) - len(given.text) > LIMIT_BYTES:
        raise _no_room(given)
    return Attributes(text)


def _no_room(given: Attributes) -> InvalidInput:
    return InvalidInput(
        f"they take {given.size:,} bytes of at most {LIMIT_BYTES:,}: there is no room for the session's id",
        place="attributes",
        remedy="shorten them, or keep long texts elsewhere",
    )


def conversation_of(answer: ConversationAnswer) -> Conversation:
    """Return what the answer says; what of it is odd is taken for nothing."""
    attributes = object_of(answer.attributes)
    return Conversation(
        id=ConversationId(answer.id),
        bot=_bot(answer.to),
        active=answer.state is State.ACTIVE,
        started=read_utc(answer.start_time),
        queue=read_id(object_of(answer.routing).get("queueId")),
        session=session_of(attributes),
        attributes=attributes,
        ended=read_utc(answer.end_time),
        resolution=resolution_of(answer.resolution_status),
    )


def session_of(attributes: Mapping[str, object]) -> str | None:
    """Return our own id of a session, where a conversation's attributes have it."""
    return read_id(attributes.get(SESSION_KEY))


def resolution_of(word: object) -> Resolution | None:
    """Return the resolution of that word; None for another."""
    return next((each for each in Resolution if each == word), None)


def _bot(to: object) -> str | None:
    """Return the first party, whom a conversation is with."""
    parties = cast("list[object]", to) if isinstance(to, list) else []
    return read_id(object_of(parties[0]).get("id")) if parties else None
