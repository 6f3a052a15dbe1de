"""The fields of a call: texts with facts and constants, each at its place in a JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final, TypeAlias, cast

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER
from jackfield.domain.model.problems import Problem
from jackfield.plugins.builtin.crm.texts import Text, faults_of, read

Path: TypeAlias = tuple[str, ...]
"""Where a field stands: the names from the outside in; a number is a place in a list."""

Fields: TypeAlias = Mapping[Path, Any]
"""What stands at each path: a text, a number, true or false, or a list of these and of tables."""

_SEPARATOR: Final = "."
_MOST: Final = 100
"""The longest list that numbers in names make."""


def flat(fields: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give each field with its path; tables, and dots in names, lead further in."""
    for name, value in fields.items():
        path = (*above, *str(name).split(_SEPARATOR))
        if isinstance(value, Mapping):
            yield from flat(cast("Mapping[str, Any]", value), path)
        else:
            yield path, value


def merged(preset: Fields, own: Fields) -> Fields:
    """Return *preset* with *own* in the place of what stands at the same paths, above or below them."""
    kept = {path: value for path, value in preset.items() if not any(_clash(path, each) for each in own)}
    return {**kept, **own}


def _clash(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def refuse_wrong(_instance: object, _attribute: object, fields: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` with every fault of *fields*, each with its path."""
    found = list(flat(fields))
    problems = [*_wrong_values(found), *_wrong_paths([path for path, _ in found])]
    if problems:
        raise InvalidInput("fields do not fit", place="fields", problems=problems)


def _wrong_values(found: Sequence[tuple[Path, Any]]) -> Iterator[Problem]:
    for path, value in found:
        for fault in _faults(value):
            yield _problem(path, fault)


def _faults(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from faults_of(value)
    elif isinstance(value, list):
        yield from _faults_inside(cast("list[object]", value))
    elif isinstance(value, Mapping):
        yield from _faults_inside(cast("Mapping[str, object]", value).values())
    elif not isinstance(value, bool | int | float):
        yield "it is no text, number, true, false or list; write dates in quotes"
    elif not isfinite(value) or (isinstance(value, int) and abs(value) > SAFE_INTEGER):
        yield "it is no number that every reader of JSON takes; write another, or a text"


def _faults_inside(values: Iterable[object]) -> Iterator[str]:
    for each in values:
        yield from _faults(each)


def _wrong_paths(paths: Sequence[Path]) -> Iterator[Problem]:
    seen = list[Path]()
    for path in paths:
        if not all(path):
            yield _problem(path, "a part of its name is empty; write one dot between names")
        if any(_clash(path, each) for each in seen):
            yield _problem(path, "it is given twice, or as a field and as a table too; drop one of them")
        seen.append(path)


def gaps(fields: Fields) -> Iterator[Problem]:
    """Say where numbers in names make no list: they begin with 0, leave none out, and stand alone."""
    inside = dict[Path, set[str]]()
    for path in fields:
        for depth, part in enumerate(path):
            inside.setdefault(path[:depth], set()).add(part)
    for path, names in inside.items():
        numbered = any(_is_number(name) for name in names)
        if numbered and (names != {str(n) for n in range(len(names))} or not path or len(names) > _MOST):
            yield _problem(path, "numbers in names are places in a list: 0, 1, 2, and nothing besides")


def _problem(path: Path, message: str) -> Problem:
    return Problem(code="value", message=message, place=_SEPARATOR.join(path))


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()


def compiled(value: object) -> Any:
    """Return *value*, which was found without fault, with its texts read."""
    if isinstance(value, str):
        return read(value)
    if isinstance(value, list):
        return tuple(compiled(each) for each in cast("list[object]", value))
    if isinstance(value, Mapping):
        return {str(name): compiled(each) for name, each in cast("Mapping[str, Any]", value).items()}
    return value


def _filled(value: object, facts: Mapping[str, JSON]) -> JSON:
    if isinstance(value, Text):
        return value.value(facts)
    if isinstance(value, tuple):
        return [_filled(each, facts) for each in cast("tuple[object, ...]", value)]
    if isinstance(value, Mapping):
        return {name: _filled(each, facts) for name, each in cast("Mapping[str, Any]", value).items()}
    return cast("JSON", value)


def body(fields: Fields, facts: Mapping[str, JSON]) -> JSON:
    """Return the object that *fields*, which were compiled, make of *facts*."""
    return _nested([(path, _filled(value, facts)) for path, value in fields.items()])


def _nested(found: Sequence[tuple[Path, JSON]]) -> JSON:
    inside = dict[str, list[tuple[Path, JSON]]]()
    for path, value in found:
        inside.setdefault(path[0], []).append((path[1:], value))
    whole = {name: each[0][1] if each[0][0] == () else _nested(each) for name, each in inside.items()}
    if any(_is_number(name) for name in whole):
        return [whole[str(n)] for n in range(len(whole))]
    return whole
