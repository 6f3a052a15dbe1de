"""How many bytes a value takes as UTF-8 JSON without blanks, and what in it is not JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any, Final

from attrs import define, field, frozen

from jackfield.domain.model.fields import SAFE_INTEGER
from jackfield.domain.model.problems import Problem

DEEPEST: Final = 32
"""How many lists and objects may stand in one another."""
_MOST_PROBLEMS: Final = 20
_SHOWN: Final = 40


@frozen
class _Weight:
    """Bytes, and how many levels of lists and objects."""

    size: int
    height: int = 0


@define(eq=False)
class Scale:
    """Weighs values; what is not JSON is listed in `problems`, with its place and never with its value.

    JSON are exactly `str`, `bool`, `int` within ±(2^53 - 1), finite `float`, None, `list`, and `dict` with
    keys of `str`. A list or an object that stands in several places is looked at once.
    """

    problems: list[Problem] = field(factory=list[Problem], init=False)
    _known: dict[int, _Weight] = field(factory=dict[int, _Weight], init=False, repr=False)
    _within: set[int] = field(factory=set[int], init=False, repr=False)

    def weigh(self, value: object, place: str) -> int:
        """Return the bytes of *value*; whatever is wrong weighs nothing."""
        return self._weigh(value, place, 0).size

    def _weigh(self, value: Any, place: str, depth: int) -> _Weight:
        if type(value) in (dict, list):
            return self._container(value, place, depth)
        wrong = _wrong(value)
        if wrong:
            return self._refuse("attributes.type", wrong, place)
        return _Weight(_bytes(value))

    def _container(self, value: Any, place: str, depth: int) -> _Weight:
        if id(value) in self._within:
            return self._refuse("attributes.cycle", "it holds itself", place)
        known = self._known.get(id(value))
        if depth + (1 if known is None else known.height) > DEEPEST:
            return self._refuse("attributes.depth", f"it is over {DEEPEST} levels deep", place)
        if known is None:
            self._within.add(id(value))
            known = self._known[id(value)] = self._parts(value, place, depth + 1)
            self._within.remove(id(value))
        return known

    def _parts(self, value: Any, place: str, depth: int) -> _Weight:
        weights = list[_Weight]()
        for key, part in _pairs(value):
            if len(self.problems) >= _MOST_PROBLEMS:
                break
            inner = f"{place}[{shown(key)}]"
            weights.append(self._weigh(part, inner, depth))
            weights.append(_Weight(self._key(key, place) if isinstance(value, dict) else 0))
        commas = max(0, len(weights) // 2 - 1)
        height = 1 + max((each.height for each in weights), default=0)
        return _Weight(2 + commas + sum(each.size for each in weights), height)

    def _key(self, key: object, place: str) -> int:
        """Return the bytes of a key with its colon."""
        if type(key) is not str:
            return self._refuse("attributes.key", f"a key is a text, not a {type(key).__name__}", place).size
        return self._weigh(key, place, 0).size + 1

    def _refuse(self, code: str, message: str, place: str) -> _Weight:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(code=code, message=message, place=place))
        return _Weight(0)


def _pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return the parts of a list or of an object, with their places."""
    parts: Iterable[Any] = value
    return value.items() if hasattr(value, "items") else enumerate(parts)


def shown(key: object) -> str:
    """Return a key as a message may name it: of the texts the beginning, of the rest no more than numbers."""
    if type(key) is str:
        return ascii(key[:_SHOWN])
    return str(key) if type(key) is int and abs(key) <= SAFE_INTEGER else type(key).__name__


def _bytes(value: Any) -> int:
    """Return the bytes of what is no list and no object, as `ordered` writes it, in a fifth of its time."""
    if type(value) is str:
        return len(encode_basestring(value).encode())
    if value is None or type(value) is bool:
        return 5 if value is False else 4
    return len(repr(value))


def _wrong(value: object) -> str | None:
    """Return what is wrong with a value that is no list and no object; None if it is JSON."""
    if value is None or type(value) is bool:
        return None
    if type(value) is str:
        return None if _sayable(value) else "it holds half of a surrogate pair"
    if type(value) is int:
        return None if abs(value) <= SAFE_INTEGER else "it does not lie within ±(2^53 - 1)"
    if type(value) is float:
        return None if math.isfinite(value) else "it is not a finite number"
    return f"a value of type {type(value).__name__} is not JSON"


def _sayable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
