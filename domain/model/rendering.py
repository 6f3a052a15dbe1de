"""A template and its variables compiled for the hot path: strict, and fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.templates import LITERAL, Literal, Placeholder, Template, Text
from jackfield.domain.model.variables import (
    Variable,
    VariableMatrix,
    VariableType,
    faults_of,
    mismatch,
    spell,
)

_BRACES: Final = LITERAL[:2]


@frozen
class Renderer:
    """Renders one template with exactly the declared variables; compile it once with `renderer`.

    The text is cut into alternating fixed parts and values, so that a render is one list copy, one
    slice assignment and one join; whatever does not fit falls through to the full report.
    """

    _matrix: VariableMatrix
    _parts: list[str]
    _pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    _count: int
    _defaults: Mapping[str, Any]
    _careful: tuple[Variable, ...] = field()

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text with *values* in place; raise `InvalidInput` with every value that does not fit."""
        kind: type = type(values)
        if kind is not dict:
            values = dict(values)  # a mapping of another kind may make up what it misses
        filled = {**self._defaults, **values} if self._defaults else values
        parts = self._parts[:]
        try:
            if self._careful:
                filled = self._spelled(filled)
            parts[1::2] = self._pick(filled)
            text = "".join(parts)
            if len(filled) == self._count and (text.isascii() or text.encode()):
                return text
        except (KeyError, TypeError, ValueError):
            pass
        raise InvalidInput(
            "the values do not fit the variables",
            place="render",
            remedy="give each required variable a value of its type, and no other",
            problems=faults_of(self._matrix, values),
        )

    def _spelled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        spelled = dict(values)
        for variable in self._careful:
            value = values[variable.name]
            if mismatch(variable.type, value):
                raise TypeError(variable.name)
            text = spelled[variable.name] = spell(value)
            if variable.max_length is not None and len(text) > variable.max_length:
                raise ValueError(variable.name)
        return spelled


def renderer(template: Template, matrix: VariableMatrix) -> Renderer:
    """Compile *template*, which must be free of problems, for the variables of *matrix*."""
    parts, names = _alternate(template)
    declared = matrix.by_name
    return Renderer(
        matrix,
        parts,
        _picker(names),
        len(declared),
        {name: v.default for name, v in declared.items() if not v.required},
        tuple(v for v in declared.values() if v.type is not VariableType.STRING or v.max_length is not None),
    )


def _alternate(template: Template) -> tuple[list[str], list[str]]:
    parts, names = [""], list[str]()
    for segment in template.segments:
        match segment:
            case Text(value):
                parts[-1] += value
            case Literal():
                parts[-1] += _BRACES
            case Placeholder(name):
                names.append(name)
                parts += ["", ""]
    return parts, names


def _picker(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) == 1:
        name = names[0]
        return lambda values: (values[name],)
    return itemgetter(*names) if names else lambda _values: ()
