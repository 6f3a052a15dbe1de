"""An answer as it is kept, and as bytes: what does not fit exactly is nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Accepted, Rejected, Rejection, Sieve, Sifted
from jackfield.domain.model.canonical import digest, digest_of, ordered
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.values import Holding

ANY_BASE: Final = "*"
"""Stands for the bases of a query that names none: it looks in all."""

_MALFORMED: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    JackfieldError,
)


@frozen(kw_only=True)
class Answer:
    """What the platform recommended when it was `asked`, sifted; `bases` are those that it was asked of.

    One that is not `whole` is not kept.
    """

    sifted: Sifted
    asked: datetime
    bases: tuple[str, ...]
    whole: bool = True

    @property
    def good(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.sifted.accepted)

    @property
    def ids(self) -> frozenset[str]:
        """The recommendations that would be shown."""
        return frozenset(each.item.id for each in self.sifted.accepted)

    def fresh_for(self, holding: Holding, now: datetime) -> timedelta:
        """How long it still holds unasked, unless an item gets too old before; not at all if dated ahead."""
        if self.asked > now:
            return timedelta()
        return self.asked + (holding.fresh if self.good else holding.negative) - now


def bases_of(query: AdviceQuery) -> tuple[str, ...]:
    """Return the bases that an answer to *query* depends on."""
    return tuple(sorted(set(query.bases))) or (ANY_BASE,)


def encode(organization: Organization, key: str, answer: Answer) -> bytes:
    """Return *answer* as JSON behind its SHA-256; raise ValueError for texts that UTF-8 cannot carry."""
    text = ordered(
        (
            organization,
            key,
            answer.asked.astimezone(UTC).isoformat(),
            answer.bases,
            [(*_listed(each.item), each.like) for each in answer.sifted.accepted],
            [_rejected(each) for each in answer.sifted.rejected],
        )
    )
    return f"{digest(text)}\n{text}".encode()


def decode(organization: Organization, key: str, sieve: Sieve, entry: bytes) -> Answer | None:
    """Return what *entry* says under *key*, or None if it is not what was written there.

    It finds bits that rotted, halves, and what belongs to another key or organization; not somebody who may
    write here, for nothing is signed.
    """
    try:
        checksum, _, text = entry.partition(b"\n")
        if checksum.decode() != digest_of(text):
            return None
        said: list[Any] = json.loads(text)
        of, under, asked, bases, accepted, rejected = said
        return (
            _answer(sieve, asked, bases, accepted, rejected) if (of, under) == (organization, key) else None
        )
    except _MALFORMED:
        return None


def _answer(
    sieve: Sieve, asked: str, bases: list[object], accepted: list[list[Any]], rejected: list[list[Any]]
) -> Answer:
    shown = tuple(_accepted(each, position) for position, each in enumerate(accepted, 1))
    if not all(isinstance(base, str) for base in bases):
        raise ValueError
    sifted = Sifted(
        accepted=shown,
        rejected=tuple(map(_refused, rejected)),
        until=min((each.item.published + sieve.age for each in shown), default=None),
    )
    return Answer(sifted=sifted, asked=_time(asked), bases=tuple(map(str, bases)))


def _listed(item: Item) -> Sequence[str | float]:
    published = item.published.astimezone(UTC).isoformat()
    return item.id, item.title, item.content, item.relevance, published, item.source


def _item(said: Sequence[Any]) -> Item:
    identifier, title, content, relevance, published, source = said
    return Item(
        id=identifier,
        title=title,
        content=content,
        relevance=relevance,
        published=_time(published),
        source=source,
    )


def _accepted(said: Sequence[Any], position: int) -> Accepted:
    *item, like = said
    if like is not None and not isinstance(like, str):
        raise ValueError
    return Accepted(item=_item(item), position=position, like=like)


def _rejected(each: Rejected) -> Sequence[object]:
    return each.id, each.reason, each.detail, None if each.item is None else _listed(each.item)


def _refused(said: Sequence[Any]) -> Rejected:
    identifier, reason, detail, item = said
    if not isinstance(detail, str) or not (identifier is None or isinstance(identifier, str)):
        raise ValueError
    return Rejected(
        id=identifier, reason=Rejection(reason), detail=detail, item=None if item is None else _item(item)
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time
