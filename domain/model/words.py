"""Which words of a changed line differ; the pieces, joined, give the texts back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from attrs import frozen

_WORD: Final = re.compile(r"\w+|\s+|.", re.DOTALL)
_LONGEST: Final = 2000
"""Words of a line, above which it is shown as changed whole: the comparison is quadratic."""
_ALIKE: Final = 0.4
"""Below this share of equal words two lines are two lines, and marks would only be noise."""


class Mark(StrEnum):
    """What became of a piece, or of a line."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    HEAD = "head"


@frozen
class Piece:
    """Some characters of a line; those that are not `SAME` are only on this side."""

    mark: Mark
    text: str


@frozen
class Line:
    """One line of a unified diff, with its pieces behind the first character; joined they are the line."""

    mark: Mark
    text: str
    pieces: tuple[Piece, ...] = ()


def words(before: str, after: str) -> tuple[Piece, ...]:
    """Return the pieces of both texts in one order.

    Those removed and the same, joined, are *before*; those added and the same are *after*.
    """
    ours, theirs = _WORD.findall(before), _WORD.findall(after)
    if max(len(ours), len(theirs)) > _LONGEST:
        return tuple(_pieces(before, after))
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if before != after and matcher.ratio() < _ALIKE:
        return tuple(_pieces(before, after))
    found = list[Piece]()
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found.append(Piece(Mark.SAME, "".join(ours[a:b])))
        else:
            found.extend(_pieces("".join(ours[a:b]), "".join(theirs[c:d])))
    return tuple(found)


def _pieces(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece(Mark.REMOVED, removed)
    if added:
        yield Piece(Mark.ADDED, added)


def marked(lines: Sequence[str]) -> tuple[Line, ...]:
    """Return the lines of a unified diff with the words that differ, where one line replaces another."""
    found = list[Line]()
    at = 0
    while at < len(lines):
        mark = _mark(lines, at)
        if mark not in {Mark.REMOVED, Mark.ADDED}:
            found.append(Line(mark, lines[at]))
            at += 1
            continue
        removed = _run(lines, at, Mark.REMOVED)
        added = _run(lines, at + len(removed), Mark.ADDED)
        found.extend(_replaced(removed, added))
        at += len(removed) + len(added)
    return tuple(found)


def _mark(lines: Sequence[str], at: int) -> Mark:
    line = lines[at]
    if at < 2 or line.startswith("@"):  # noqa: PLR2004  # the two heads of a unified diff
        return Mark.HEAD
    return {"-": Mark.REMOVED, "+": Mark.ADDED}.get(line[:1], Mark.SAME)


def _run(lines: Sequence[str], start: int, mark: Mark) -> Sequence[str]:
    end = start
    while end < len(lines) and _mark(lines, end) is mark:
        end += 1
    return lines[start:end]


def _replaced(removed: Sequence[str], added: Sequence[str]) -> Iterator[Line]:
    paired = min(len(removed), len(added))
    both = [words(removed[n][1:], added[n][1:]) for n in range(paired)]
    for mark, side in ((Mark.REMOVED, removed), (Mark.ADDED, added)):
        for n, line in enumerate(side):
            pieces = both[n] if n < paired else (Piece(mark, line[1:]),)
            yield Line(mark, line, tuple(p for p in pieces if p.mark in {mark, Mark.SAME}))
