"""Knowledge bases: articles that are recommended to agents, each with what customers say who need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

import orjson
from attrs import field, frozen

from jackfield.adapters.simulator.platform.fresh_articles import ARTICLES, Line
from jackfield.adapters.simulator.platform.ranking import Ranking, Text
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware, text

_LONGEST: Final = timedelta(days=36_500)


def _word(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy="write a word")


def _moment(instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta):
        aware(instance, attribute, value)
    elif abs(value) > _LONGEST:
        raise InvalidInput("it is over 100 years", place=attribute.name, remedy="mend it")


def _score(_instance: object, attribute: Any, value: Any) -> None:
    if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
        raise InvalidInput("it is a number from 0 to 1", place=attribute.name, remedy="mend it, or give none")


def _json(_instance: object, attribute: Any, value: Any) -> None:
    try:
        orjson.dumps(value)
    except TypeError:
        raise InvalidInput("it is no JSON", place=attribute.name, remedy="write a JSON object") from None


@frozen(kw_only=True)
class Article:
    """What is recommended: `published` is a time, or how long before the last midnight (UTC) that was.

    `phrases` are what customers say who need it; a `relevance` holds whatever is said. `answer` is put over
    the fields of the recommendation as it is, however absurd; what it `lacks` is left out.
    """

    id: str = field(validator=_word)
    title: str = field(validator=_word)
    content: str = field(validator=text)
    published: datetime | timedelta = field(default=timedelta(), validator=_moment)
    phrases: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    relevance: float | None = field(default=None, validator=_score)
    answer: Mapping[str, Any] = field(factory=dict[str, Any], validator=_json)
    lacks: tuple[str, ...] = field(default=(), converter=tuple[str, ...])

    def shown(self, base: str, relevance: float, now: datetime) -> dict[str, Any]:
        """Return it as the platform recommends it; its id there is the same every time."""
        whole: dict[str, Any] = {
            "id": f"rec-{blake2b(orjson.dumps([base, self.id]), digest_size=8).hexdigest()}",
            "title": self.title,
            "content": self.content,
            "relevanceScore": relevance,
            "publishedDate": self._date(now),
            "sourceId": base,
        }
        if not self.answer and not self.lacks:
            return whole
        return {name: each for name, each in {**whole, **self.answer}.items() if name not in self.lacks}

    def _date(self, now: datetime) -> str:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        time = midnight - self.published if isinstance(self.published, timedelta) else self.published
        return f"{time.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


class Shelf:
    """The articles of one knowledge base; the first query ranks them, once for all threads."""

    def __init__(self, articles: Iterable[Article]) -> None:
        held = tuple(articles)
        if len({each.id for each in held}) < len(held):
            raise InvalidInput("two articles have the same id", place="articles", remedy="rename one")
        self._articles = tuple(each for each in held if each.relevance is None)
        self._settled = tuple((each.relevance, each) for each in held if each.relevance is not None)
        self._ranking: Ranking | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._articles) + len(self._settled)

    def relevant(self, said: str) -> Iterator[tuple[float, Article]]:
        """Give the articles that have to do with what was *said*, each with its relevance."""
        yield from self._settled
        for at, relevance in self.ranked().relevances(said).items():
            yield relevance, self._articles[at]

    def ranked(self) -> Ranking:
        """Return the ranking of the articles, which is made once: many take seconds."""
        with self._lock:
            if self._ranking is None:
                self._ranking = Ranking.of(
                    [
                        Text(topics=(each.title, *each.phrases), content=each.content)
                        for each in self._articles
                    ]
                )
            return self._ranking


class Library:
    """The knowledge bases of a platform: a fresh one's, and those that were given; safe for threads."""

    def __init__(self, given: Mapping[str, Iterable[Article]] | None = None) -> None:
        self._fresh = {base: Shelf(map(_of, lines)) for base, lines in ARTICLES.items()}
        self._fresh.update({base: Shelf(articles) for base, articles in (given or {}).items()})
        self._held = dict(self._fresh)
        self._lock = Lock()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._held))

    def get(self, base: str) -> Shelf | None:
        """Return what the knowledge base of that id holds, if there is one."""
        return self._held.get(base)

    def rank(self) -> None:
        """Rank all that they hold now, so that no query waits for it."""
        for shelf in self._held.values():
            shelf.ranked()

    def put(self, base: str, articles: Iterable[Article]) -> None:
        """Let the knowledge base hold these from the next call on; one that is unknown is known then."""
        shelf = Shelf(articles)
        with self._lock:
            self._held = {**self._held, base: shelf}

    def clear(self) -> None:
        """Let them be as at the start."""
        with self._lock:
            self._held = dict(self._fresh)


def _of(line: Line) -> Article:
    return Article(
        id=line.id, title=line.title, content=line.content, published=line.age, phrases=line.phrases
    )
