"""The JSON bodies of `wire.md` §9 as values: what is asked, and what of a recommendation can be believed.

A recommendation that cannot be one hides no other; a page that cannot be one hides that it was the last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, cast

from attrs import frozen

from jackfield.adapters.genesys.documents import object_of, read_id, read_object, read_utc
from jackfield.adapters.genesys.wire import encode
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import InvalidInput
from jackfield.ports.advice import Recommended, Unusable

_LONGEST_TOKEN: Final = 8_000


@frozen(kw_only=True)
class InteractionContext:
    """What was said so far, and where."""

    conversation_id: str
    transcript: str
    channel: str


@frozen(kw_only=True)
class AgentProfile:
    """For whom advice is."""

    agent_id: str
    skills: tuple[str, ...]


@frozen(kw_only=True)
class QueryBody:
    """What advice is asked for."""

    interaction_context: InteractionContext
    agent_profile: AgentProfile
    knowledge_base_ids: tuple[str, ...]


@frozen
class Page:
    """What a page recommends, and the token of the next one; None behind the last."""

    recommended: tuple[Recommended, ...]
    following: str | None


def query_body(query: AdviceQuery) -> bytes:
    """Return the body that asks for advice, everything in its order as it was given."""
    return encode(
        QueryBody(
            interaction_context=InteractionContext(
                conversation_id=query.conversation, transcript=query.transcript, channel=query.channel
            ),
            agent_profile=AgentProfile(agent_id=query.agent, skills=query.skills),
            knowledge_base_ids=query.bases,
        )
    )


def read_page(body: bytes, query: AdviceQuery, asked: Collection[str]) -> Page:
    """Read a page; raise `InvalidInput` for what is none, or leads to one that was *asked* for before."""
    document = read_object(body, "page")
    items = [] if document.get("items") is None else document["items"]
    if not isinstance(items, list) or ("items" not in document and document.keys() - {"nextPageToken"}):
        raise InvalidInput("the answer is no page: it has no list of items")
    listed = cast("list[object]", items)
    following = _read_token(document.get("nextPageToken"), asked)
    return Page(tuple(read_item(each, query.bases) for each in listed), following)


def _read_token(token: object, asked: Collection[str]) -> str | None:
    if token is None or token == "":
        return None
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN or not token.isprintable():
        # The token is not repeated: it may hold anything.
        raise InvalidInput("the token of the next page is no token")
    if token in asked:
        raise InvalidInput("the token of the next page does not advance")
    return token


def read_item(told: object, bases: Collection[str] = ()) -> Recommended:
    """Return the recommendation, or why it cannot be one; it is of one of *bases*, if there are any."""
    said = object_of(told)
    read = {name: reader(said.get(name)) for name, (reader, _) in _FIELDS.items()}
    faulty = next((name for name, value in read.items() if value is None), None)
    if faulty is not None:
        return Unusable(id=read["id"], why=f"its {faulty} is {_FIELDS[faulty][1]}")
    if bases and read["sourceId"] not in bases:
        return Unusable(id=read["id"], why="its sourceId is a knowledge base that was not asked for")
    return Item(
        id=read["id"],
        title=read["title"],
        content=read["content"],
        relevance=read["relevanceScore"],
        published=read["publishedDate"],
        source=read["sourceId"],
    )


def _read_text(value: object) -> str | None:
    """Return a text that says something and can be kept; half of a character cannot."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _read_score(score: object) -> float | None:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    return float(score)


_FIELDS: Final[Mapping[str, tuple[Callable[[object], Any], str]]] = {
    "id": (read_id, "no id"),
    "title": (_read_text, "no text"),
    "content": (_read_text, "no text"),
    "relevanceScore": (_read_score, "no number from 0 to 1"),
    "publishedDate": (read_utc, "no time with a zone"),
    "sourceId": (read_id, "no id"),
}
