"""What is found by its digits: cards, social security numbers, phones, IPv4 addresses, and long numbers.

A run of digits with little between them is taken as its groups. Cards are looked for first; then, from left
to right, the first rule that a few groups fit decides. A rule looks at these groups alone and never at what
stands around them, so that nothing comes up when a neighbor was replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias

from attrs import frozen

_RUN: Final = re.compile(r"[+(]{0,2}+\d++(?:[ \u00a0.()/+\u2010-\u2013-]{1,3}+\d++)*+")
_GROUP: Final = re.compile(r"([^\d]*+)(\d++)")

_CARD: Final = range(13, 20)
_PHONE: Final = range(7, 16)
_DIALED: Final = range(9, 16)
_ABROAD: Final = re.compile(r"00(?!0)")
_AREA: Final = re.compile(r"0[1-9]\d")
_LONG: Final = 9
_BYTES: Final = 4
_BYTE: Final = 255
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of the double."""
_NATIONAL: Final = frozenset({(3, 3, 4), (1, 3, 3, 4), (3, 4, 4)})
_LOCAL: Final = (3, 4)
_WITH_ZERO: Final = frozenset({(2, 2, 2, 2, 2), (2, 4, 4), (2, 3, 4), (2, 3, 3, 3)})
"""Lengths of groups that phones have and dates have not; the latter where the first digit is 0."""


@frozen
class _Group:
    """Digits, and what stands before them; `plain` has them as 0 to 9."""

    before: str
    digits: str

    @property
    def plain(self) -> str:
        return self.digits if self.digits.isascii() else "".join(str(int(digit)) for digit in self.digits)


_Groups: TypeAlias = Sequence[_Group]
_Rule: TypeAlias = Callable[[_Groups], int]
"""Returns how many of the groups, from the first, are one; 0 if they are none."""
_Rules: TypeAlias = Mapping[str, _Rule]


def without_numbers(text: str) -> str:
    """Return *text* with a mark in the place of each."""
    for rules in (_CARDS, _OTHERS):
        text = _RUN.sub(partial(_marked, rules=rules), text)
    return text


def _marked(run: re.Match[str], rules: _Rules) -> str:
    groups = [_Group(before, digits) for before, digits in _GROUP.findall(run[0])]
    return "".join(_parts(groups, rules))


def _parts(groups: _Groups, rules: _Rules) -> Iterator[str]:
    position = 0
    while position < len(groups):
        window = groups[position : position + _CARD.stop]
        mark, many = _first(window, rules)
        taken = window[: max(many, 1)]
        yield _before(taken, mark)
        yield mark or window[0].digits
        position += len(taken)


def _first(window: _Groups, rules: _Rules) -> tuple[str, int]:
    for mark, rule in rules.items():
        many = rule(window)
        if many:
            return mark, many
    return "", 0


def _before(taken: _Groups, mark: str) -> str:
    """What stands before them; a plus and an opened parenthesis go with the phone."""
    before = taken[0].before
    if mark != "[phone]":
        return before
    closed = any(")" in group.before for group in taken[1:])
    return before.rstrip("+(" if closed else "+")


def _ip(groups: _Groups) -> int:
    bytes_ = groups[:_BYTES]
    dotted = len(bytes_) == _BYTES and all(group.before == "." for group in bytes_[1:])
    return _BYTES if dotted and all(map(_is_byte, bytes_)) else 0


def _is_byte(group: _Group) -> bool:
    return len(group.digits) <= len(str(_BYTE)) and int(group.digits) <= _BYTE


def _card(groups: _Groups) -> int:
    """ISO/IEC 7812: 13 to 19 digits, by blanks or hyphens, that Luhn's sum admits; the longest of them."""
    found, digits = 0, ""
    for many, group in enumerate(groups, start=1):
        digits += group.plain
        if len(digits) >= _CARD.stop or (many > 1 and group.before not in (" ", "-", "\u00a0")):
            break
        if len(digits) in _CARD and luhn(digits):
            found = many
    return found


def luhn(digits: str) -> bool:
    """Say whether the check digit of ISO/IEC 7812-1, Annex B, is right."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def _ssn(groups: _Groups) -> int:
    return 3 if _lengths(groups[:3]) == (3, 2, 4) and len({g.before for g in groups[1:3]}) == 1 else 0


def _phone(groups: _Groups) -> int:
    first = groups[0]
    if "+" in first.before or "(" in first.before or _ABROAD.match(first.plain):
        return _within(groups, _PHONE)
    if _AREA.match(first.plain):
        return _within(groups, _DIALED)
    return _shaped(groups, _WITH_ZERO if first.plain.startswith("0") else _NATIONAL) or _local(groups)


def _local(groups: _Groups) -> int:
    """With a hyphen alone: others are amounts."""
    return 2 if _lengths(groups[:2]) == _LOCAL and groups[1].before == "-" else 0


def _shaped(groups: _Groups, shapes: frozenset[tuple[int, ...]]) -> int:
    fitting = (n for n in range(5, 1, -1) if len(groups) >= n and _lengths(groups[:n]) in shapes)
    return next(fitting, 0)


def _within(groups: _Groups, lengths: range) -> int:
    """The most groups that together have so many digits; a new plus begins another one."""
    found = total = 0
    for many, group in enumerate(groups, start=1):
        total += len(group.digits)
        if total >= lengths.stop or (many > 1 and "+" in group.before):
            break
        found = many if total in lengths else found
    return found


def _number(groups: _Groups) -> int:
    return 1 if len(groups[0].digits) >= _LONG else 0


def _lengths(groups: _Groups) -> tuple[int, ...]:
    return tuple(len(group.digits) for group in groups)


_CARDS: Final[_Rules] = {"[card]": _card}
_OTHERS: Final[_Rules] = {"[ip]": _ip, "[ssn]": _ssn, "[phone]": _phone, "[number]": _number}
