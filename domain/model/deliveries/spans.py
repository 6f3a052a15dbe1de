"""Positions as spans, of bounded number: rather too many are told than too few."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

_MOST: Final = 200


@frozen
class Span:
    """All positions from `first` to `last`, both included."""

    first: int
    last: int


def holds(spans: Iterable[Span], position: int) -> bool:
    """Whether *position* is in one of *spans*."""
    return any(each.first <= position <= each.last for each in spans)


def added(spans: tuple[Span, ...], positions: Iterable[int]) -> tuple[Span, ...]:
    """Return *spans* with *positions*; where they would be too many, the nearest are joined."""
    return joined((*spans, *(Span(each, each) for each in positions)))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return *spans* in order, those that touch as one, and no more than 200."""
    found = list[Span]()
    for span in sorted(spans, key=lambda each: each.first):
        if found and span.first <= found[-1].last + 1:
            found[-1] = Span(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    while len(found) > _MOST:
        near = min(range(len(found) - 1), key=lambda i: found[i + 1].first - found[i].last)
        found[near : near + 2] = [Span(found[near].first, found[near + 1].last)]
    return tuple(found)
