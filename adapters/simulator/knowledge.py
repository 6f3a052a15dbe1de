"""What a knowledge base is asked to hold, as JSON: all of its articles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from attrs import field, frozen

from jackfield.adapters.simulator.platform.knowledge import Article, Library
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

_PLACE = "knowledge"


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
    holding = decode(document, Holding, place=_PLACE)
    if not holding.base.strip():
        raise InvalidInput("it has no id", place=_PLACE, remedy='give one: {"base": "kb-billing"}')
    return Stocking(holding.base, tuple(map(_article, holding.articles)))


def view(library: Library) -> Mapping[str, int]:
    """Return how many articles each knowledge base holds."""
    shelves = ((base, library.get(base)) for base in library)
    return {base: len(shelf) for base, shelf in shelves if shelf is not None}


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
            "when it was published is no time",
            place="articles",
            remedy='write "published": "2026-01-01T00:00:00Z", or "age_days": 2',
        ) from None
