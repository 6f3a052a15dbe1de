"""What a prompt's template may be filled with: typed variables, and the rendering of their values.

A value is inert: whatever it contains stays text, it is never expanded again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias, cast

from attrs import Factory, field, frozen

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER, optional_number, text
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.templates import LONGEST_NAME, Template

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | Sequence[Scalar]

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class VariableType(StrEnum):
    """The types that both wire forms know."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"


TYPE_NAMES: Final = frozenset(VariableType)


def _type(value: str) -> VariableType:
    if value not in TYPE_NAMES:
        raise InvalidInput(f"a variable's type is one of {', '.join(VariableType)}", place="variable")
    return VariableType(value)


def _immutable(value: Value | None) -> Value | None:
    return tuple(value) if isinstance(value, list) else value


def _has_no_default(variable: Variable) -> bool:
    return variable.default is None


@frozen(kw_only=True)
class Variable:
    """One named hole of a template; an optional one needs a default, a required one has none.

    `max_length` bounds the rendered value, in characters, for the worst-case count.
    """

    name: str = field(validator=text)
    type: VariableType = field(default=VariableType.STRING, converter=_type)
    default: Value | None = field(default=None, converter=_immutable)
    required: bool = field(default=Factory(_has_no_default, takes_self=True))
    max_length: int | None = field(default=None, validator=optional_number)
    description: str = field(default="", validator=text)

    def problems(self) -> Iterator[Problem]:
        """List what is wrong with the declaration itself."""
        for code, message in self._faults():
            yield Problem(code=code, message=f"variable {_shown(self.name)}: {message}", variable=self.name)

    def _faults(self) -> Iterator[tuple[str, str]]:
        if not _is_name(self.name):
            yield "variable-name", f"a name is [A-Za-z_][A-Za-z0-9_]*, at most {LONGEST_NAME} characters"
        if self.required and self.default is not None:
            yield "required-with-default", "required and a default exclude each other; drop one"
        if not self.required and self.default is None:
            yield (
                "optional-without-default",
                "an optional variable needs a default; give one or make it required",
            )
        if self.max_length is not None and self.max_length < 1:
            yield "max-length", "max_length is a number of characters from 1"
        if not _is_text(self.description):
            yield "description", "the description is not a text that UTF-8 can carry"
        if self.default is not None:
            yield from self._default_faults(self.default)

    def _default_faults(self, default: Value) -> Iterator[tuple[str, str]]:
        fault = mismatch(self.type, default)
        if fault:
            yield "default-type", f"the default {fault}"
        elif self.max_length is not None and len(spell(default)) > self.max_length:
            yield "default-too-long", f"the default is longer than max_length {self.max_length}"
        if isinstance(default, str) and default in TYPE_NAMES:
            yield (
                "default-is-type-name",
                f"the platform reads the default {default!r} as a type; choose another text",
            )


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and NAME.fullmatch(text) is not None


def mismatch(type_: VariableType, value: object) -> str | None:
    """Say why *value* is not of *type_*, without repeating it; None if it is."""
    if type_ is VariableType.ARRAY:
        return None if _is_array(value) else "is not an array of texts, finite numbers and booleans"
    if type_ is VariableType.BOOLEAN:
        return None if isinstance(value, bool) else "is not true or false"
    if type_ is VariableType.NUMBER:
        return None if _is_number(value) else "is not a finite number; a whole one lies within ±(2^53 - 1)"
    if not isinstance(value, str):
        return f"is of type {type(value).__name__}, not a text"
    return None if _is_text(value) else "is not a text that UTF-8 can carry"


def _is_array(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_scalar, cast("Sequence[object]", value)))


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool) or _is_number(value) or _is_text(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= SAFE_INTEGER
    return isinstance(value, float) and math.isfinite(value)


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
    return True


def spell(value: Value) -> str:
    """Return the text that stands for *value* in a prompt and on the wire: JSON, but a string as it is."""
    return value if isinstance(value, str) else canonical(value)


def _declared(number: int, variable: Variable, code: str, message: str) -> Problem:
    return Problem(code=code, message=message, place=f"variables[{number}]", variable=variable.name)


@frozen
class VariableMatrix:
    """The variables a prompt declares; its template uses exactly these."""

    variables: tuple[Variable, ...] = ()

    @property
    def by_name(self) -> Mapping[str, Variable]:
        """The declarations by name; of two with one name, the first."""
        named: dict[str, Variable] = {}
        for variable in self.variables:
            named.setdefault(variable.name, variable)
        return named

    def problems(self, templates: Sequence[Template]) -> Iterator[Problem]:
        """List every disagreement with *templates*: wrong, doubled, undeclared, unused."""
        for number, variable in enumerate(self.variables):
            yield from (problem.at(f"variables[{number}]") for problem in variable.problems())
        yield from self._doubled()
        yield from self._unused(templates)

    def _doubled(self) -> Iterator[Problem]:
        seen = set[str]()
        for number, variable in enumerate(self.variables):
            if variable.name in seen:
                message = f"variable {_shown(variable.name)} is declared twice; drop one"
                yield _declared(number, variable, "variable-twice", message)
            seen.add(variable.name)

    def _unused(self, templates: Sequence[Template]) -> Iterator[Problem]:
        used = {p.name for t in templates for p in t.placeholders}
        for number, variable in enumerate(self.variables):
            if variable.name not in used and _is_name(variable.name):
                message = f"variable {_shown(variable.name)} is declared and not used; use it or drop it"
                yield _declared(number, variable, "variable-unused", message)

    def undeclared(self, template: Template) -> Iterator[Problem]:
        """List every placeholder of *template* that no variable stands behind, at its position."""
        declared = self.by_name
        for placeholder in template.placeholders:
            if placeholder.name not in declared:
                line, column = template.position(placeholder.offset)
                yield Problem(
                    code="variable-undeclared",
                    message=f"placeholder {placeholder.name!r} has no variable; declare it or mend the name",
                    line=line,
                    column=column,
                    variable=placeholder.name,
                )


def _shown(name: object) -> str:
    return repr(str(name)[:LONGEST_NAME])


def faults_of(matrix: VariableMatrix, values: Mapping[str, Any]) -> Iterator[Problem]:
    """List every missing, unknown, wrongly typed and too long value; no value is repeated in a message."""
    declared = matrix.by_name
    for name in values:
        if name not in declared:
            message = f"value {_shown(name)} belongs to no variable"
            yield Problem(code="value-unknown", message=message, variable=str(name))
    for name, variable in declared.items():
        fault = _value_fault(variable, values)
        if fault:
            code, message = fault
            yield Problem(code=code, message=f"value {_shown(name)} {message}", variable=name)


def _value_fault(variable: Variable, values: Mapping[str, Any]) -> tuple[str, str] | None:
    if variable.name not in values:
        return ("value-missing", "is missing") if variable.required else None
    value = values[variable.name]
    wrong = mismatch(variable.type, value)
    if wrong:
        return "value-type", wrong
    length = len(spell(value))
    if variable.max_length is not None and length > variable.max_length:
        return "value-too-long", f"has {length} characters; the variable allows {variable.max_length}"
    return None
