"""The front matter of a prompt file: read strictly, and beyond its faults as far as it goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from attrs import evolve, field, frozen

from jackfield.adapters.files.yaml import Document
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import ContextRule, Limits, Rendering
from jackfield.domain.model.variables import Variable

_PART: Final = re.compile(r"(\w+)(?:\[(\d{1,6})\])?")
_STAND_INS: Final[Mapping[str, Any]] = {
    "name": "unknown",
    "version": "0.0.0",
    "model": "unknown",
    "max_tokens": 1,
    "variables": [],
    "context_rules": [],
    "metadata": {},
    "limits": {},
    "renderer": "local",  # which allows more
}


@frozen(kw_only=True)
class FrontMatter:
    """The fields of a prompt file's head."""

    name: str
    version: str
    model: str
    max_tokens: int
    variables: tuple[Variable, ...] = ()
    context_rules: tuple[ContextRule, ...] = ()
    metadata: Mapping[str, str] = field(factory=dict[str, str])
    limits: Limits = field(factory=Limits)
    renderer: Rendering = Rendering.PLATFORM


@frozen
class Head:
    """What a document says as front matter; what it says wrongly is in `problems`, and replaced.

    `unnamed` are the places of variables whose name is not known.
    """

    matter: FrontMatter
    problems: tuple[Problem, ...] = ()
    unnamed: frozenset[str] = frozenset()

    def follows(self, problem: Problem) -> bool:
        """Say whether *problem* may be none: it comes of what was replaced."""
        undeclared = problem.code == "variable-undeclared"
        return problem.place in self.unnamed or (undeclared and bool(self.unnamed))


def read_head(document: Document) -> Head:
    """Read a document's data; what was told of it already is not told again."""
    try:
        return Head(decode(document.data, FrontMatter, place="front matter"))
    except InvalidInput as error:
        faults = error.problems
    faults = tuple(map(_of_version, faults))
    data, unnamed = _mended(document.data, [fault.place for fault in faults])
    return Head(
        decode(data, FrontMatter, place="front matter"),
        tuple(fault for fault in faults if fault.place not in document.void),
        unnamed,
    )


def _of_version(fault: Problem) -> Problem:
    """YAML makes a number of `1.0` and `01.0`; in quotes it would be no semantic version either."""
    if (fault.place, fault.code) != ("version", "type"):
        return fault
    message = "version: it is not a semantic version; write MAJOR.MINOR.PATCH, like 2.1.0"
    return evolve(fault, code="version", message=message)


def _mended(data: object, faults: Iterable[str]) -> tuple[dict[str, Any], frozenset[str]]:
    """Replace what has a fault, so that the rest can be looked at."""
    if not isinstance(data, dict):
        return dict(_STAND_INS), frozenset({"variables"})
    mended = {name: v for name, v in cast("dict[str, Any]", data).items() if name in _STAND_INS}
    unnamed = set[str]()
    for part in filter(None, map(_PART.match, faults)):
        name, number = part[1], int(part[2] or 0)
        if name not in _STAND_INS:
            continue
        if part[2] is None:
            mended[name] = _STAND_INS[name]
            unnamed.update({name} & {"variables"})
        elif name in _ITEMS and isinstance(mended.get(name), list) and number < len(mended[name]):
            item = _ITEMS[name](mended[name][number])
            mended[name] = [*mended[name][:number], item, *mended[name][number + 1 :]]
            unnamed.update({part[0]} if item.get("name") == "" else ())
    return mended, frozenset(unnamed)


def _variable(item: object) -> Mapping[str, Any]:
    """Keep the name, by which the templates know it; without one there is nothing to keep."""
    name = _part(item, "name")
    return {"name": name if isinstance(name, str) else ""}


def _rule(item: object) -> Mapping[str, Any]:
    tokens = _part(item, "max_tokens")
    kept = type(tokens) is int and abs(tokens) <= SAFE_INTEGER
    return {"source": "external_api", "max_tokens": tokens if kept else 1}


def _part(item: object, name: str) -> object:
    return cast("dict[str, Any]", item).get(name) if isinstance(item, dict) else None


_ITEMS: Final[Mapping[str, Callable[[object], Mapping[str, Any]]]] = {
    "variables": _variable,
    "context_rules": _rule,
}
