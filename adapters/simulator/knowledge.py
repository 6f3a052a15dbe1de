"""What knowledge bases are asked to hold, as JSON: all of their articles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

import orjson
from attrs import field, frozen

from jackfield.adapters.simulator.platform.knowledge import Article, Library
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem

_PLACE: Final = "knowledge"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@frozen(kw_only=True)
class Wanted:
    """An article: `published` is a time with a zone, else it is `age_days` old."""

    id: str
    title: str
    content: str
    published: str | None = None
    age_days: float = 0.0
    phrases: tuple[str, ...] = ()
    relevance: float | None = None
    answer: dict[str, Any] = field(factory=dict[str, Any])
    lacks: tuple[str, ...] = ()


@frozen(kw_only=True)
class Holding:
    """A knowledge base and what it is to hold."""

    base: str
    articles: tuple[Wanted, ...] = ()


@frozen
class Stocking:
    """What is asked of a knowledge base, as the platform takes it."""

    base: str
    articles: tuple[Article, ...]


def read(body: bytes) -> Stocking:
    """Read what a knowledge base is to hold; raise `InvalidInput` with every fault."""
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    return _stocking(document, _PLACE)


def given(body: bytes, *, place: str = _PLACE) -> Mapping[str, tuple[Article, ...]]:
    """Read a list of knowledge bases, each as for `read`; one of a fresh platform is replaced.

    Raises `InvalidInput`, placed at `PLACE[n]`, with every fault of the first base that has any.
    """
    stocked = dict[str, tuple[Article, ...]]()
    for at, document in enumerate(_listed(body, place)):
        asked = _stocking(document, f"{place}[{at}]")
        if asked.base in stocked:
            raise InvalidInput(
                "a base of that id came before",
                place=f"{place}[{at}].base",
                remedy="put their articles together",
            )
        stocked[asked.base] = asked.articles
    return stocked


def view(library: Library) -> Mapping[str, int]:
    """Return how many articles each knowledge base holds."""
    shelves = ((base, library.get(base)) for base in library)
    return {base: len(shelf) for base, shelf in shelves if shelf is not None}


def _listed(body: bytes, place: str) -> list[object]:
    remedy = 'write a JSON list: [{"base": "kb-ours", "articles": […]}]'
    try:
        documents: object = orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(
            f"it is no JSON from line {error.lineno}, column {error.colno} on", place=place, remedy=remedy
        ) from None
    if not isinstance(documents, list):
        raise InvalidInput("it is no list", place=place, remedy=remedy)
    return cast("list[object]", documents)


def _stocking(document: object, place: str) -> Stocking:
    holding = decode(document, Holding, place=place)
    if not holding.base.strip():
        raise InvalidInput("it has no id", place=place, remedy='give one: {"base": "kb-billing"}')
    articles, problems = list[Article](), list[Problem]()
    for at, wanted in enumerate(holding.articles):
        try:
            articles.append(_article(wanted))
        except InvalidInput as error:
            where = f"articles[{at}].{error.place}"
            problems.append(Problem(code="value", message=f"{error.message}; {error.remedy}", place=where))
    problems += _repeated(holding.articles)
    if problems:
        raise InvalidInput(
            "not all are articles", place=place, remedy="mend what is listed", problems=problems
        )
    return Stocking(holding.base, tuple(articles))


def _repeated(articles: Sequence[Wanted]) -> Iterator[Problem]:
    seen = dict[str, int]()
    for at, each in enumerate(articles):
        first = seen.setdefault(each.id, at)
        if first != at:
            message = f"articles[{first}] has the same id; rename one"
            yield Problem(code="value", message=message, place=f"articles[{at}].id")


def _article(wanted: Wanted) -> Article:
    return Article(
        id=wanted.id,
        title=wanted.title,
        content=wanted.content,
        published=_published(wanted),
        phrases=wanted.phrases,
        relevance=wanted.relevance,
        answer=wanted.answer,
        lacks=wanted.lacks,
    )


def _published(wanted: Wanted) -> datetime | timedelta:
    try:
        if wanted.published is not None:
            return datetime.fromisoformat(wanted.published)
        return timedelta(days=wanted.age_days)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "it is no time",
            place="age_days" if wanted.published is None else "published",
            remedy='write "published": "2026-01-01T00:00:00Z", or "age_days": 2',
        ) from None
