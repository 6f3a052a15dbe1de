"""The JSON Schema of a prompt file's front matter, made from the classes that read it; for editors.

It says what a schema can say: `check` knows more, such as that the texts use exactly the variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import attrs

from jackfield.adapters.files.head import FrontMatter
from jackfield.domain.model.prompts import NAME, ContextRule, Limits
from jackfield.domain.model.templates import LONGEST_NAME
from jackfield.domain.model.variables import NAME as VARIABLE_NAME
from jackfield.domain.model.variables import TYPE_NAMES, Variable
from jackfield.domain.model.versions import LONGEST, SEMVER

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_ASCII_SEMVER: Final = SEMVER.pattern.replace(r"\d", "[0-9]")
_SCALAR: Final = {"type": ["string", "number", "boolean"]}
_TEXT: Final = {"string": "string", "number": "number", "boolean": "boolean", "array": "array"}
_RULES: Final[Mapping[tuple[type, str], Mapping[str, Any]]] = {
    (FrontMatter, "name"): {"pattern": f"^{NAME.pattern}$"},
    (FrontMatter, "version"): {"pattern": f"^{_ASCII_SEMVER}$", "maxLength": LONGEST},
    (FrontMatter, "model"): {"pattern": r"\S"},
    (FrontMatter, "max_tokens"): {"minimum": 1},
    (Variable, "name"): {"pattern": f"^{VARIABLE_NAME.pattern}$", "maxLength": LONGEST_NAME},
    (Variable, "default"): {"not": {"enum": sorted(TYPE_NAMES)}},
    (Variable, "max_length"): {"minimum": 1},
    (ContextRule, "max_tokens"): {"minimum": 1},
    (Limits, "characters"): {"minimum": 1},
    (Limits, "tokens"): {"minimum": 1},
}
_DEFAULT_OF_TYPE: Final = [
    {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"] if name != "string" else []},
        "then": {"properties": {"default": {"type": kind}}},
    }
    for name, kind in _TEXT.items()
]
_REQUIRED_XOR_DEFAULT: Final = [
    {
        "if": {"properties": {"required": {"const": True}}, "required": ["required"]},
        "then": {"not": {"required": ["default"]}},
    },
    {
        "if": {"properties": {"required": {"const": False}}, "required": ["required"]},
        "then": {"required": ["default"]},
    },
]


def schema() -> Mapping[str, Any]:
    """Return the schema, of the 2020-12 dialect."""
    return {
        "$schema": DIALECT,
        "title": "The front matter of a Jackfield prompt file",
        **_object(FrontMatter),
    }


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    fields = attrs.fields(kind)
    made = {
        "type": "object",
        "properties": {f.name: {**_of(hints[f.name]), **_RULES.get((kind, f.name), {})} for f in fields},
        "required": [f.name for f in fields if f.default is attrs.NOTHING],
        "additionalProperties": False,
    }
    return {**made, "allOf": [*_DEFAULT_OF_TYPE, *_REQUIRED_XOR_DEFAULT]} if kind is Variable else made


def _of(hint: Any) -> dict[str, Any]:
    """Return the schema of one type; what may be None is left out, or null where the reader takes it."""
    if hint == _VALUE:
        return {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType or NoneType in arguments:
        (inner,) = (each for each in arguments if each is not NoneType)
        whole = _of(inner)
        return {**whole, "type": [whole["type"], "null"]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    return _named(hint)


def _named(kind: type) -> dict[str, Any]:
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": list(kind)}
    if attrs.has(kind):
        return _object(kind)
    return {"type": {str: "string", bool: "boolean", int: "integer", float: "number"}[kind]}


_VALUE: Final = get_type_hints(Variable)["default"]
