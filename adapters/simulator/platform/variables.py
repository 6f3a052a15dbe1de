"""A prompt's variables in both of their wire forms: the list of §3, and the map of §4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import orjson

from jackfield.adapters.simulator.platform.reading import WRONG_TYPE, Fields
from jackfield.adapters.simulator.platform.templates import is_name

TYPES: Final = ("string", "number", "boolean", "array")

_PYTHON_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}


def read_list(fields: Fields) -> list[dict[str, Any]]:
    """Return §3's `variables`: objects with name, type, required and, as a text, defaultValue."""
    seen: set[str] = set()
    return [_read_variable(variable, seen) for variable in fields.objects("variables")]


def _read_variable(fields: Fields, seen: set[str]) -> dict[str, Any]:
    variable: dict[str, Any] = {
        "name": fields.text("name"),
        "type": fields.choice("type", TYPES),
        "required": fields.flag("required"),
    }
    name = variable["name"]
    if name and not is_name(name):
        fields.fault("variable.name", "name")
    elif name in seen:
        fields.fault("variable.duplicate", "name")
    seen.add(name)
    default = fields.values.get("defaultValue")
    if default is not None:
        variable["defaultValue"] = default
        _check_default(fields, variable["type"], default)
    return variable


def _check_default(fields: Fields, type_: str, default: object) -> None:
    if not isinstance(default, str):
        fields.fault(WRONG_TYPE, "defaultValue")
    elif not _spells(type_, default):
        fields.fault("variable.default", "defaultValue")


def _spells(type_: str, text: str) -> bool:
    """Say whether the text is a default of the type; in §4 a type's name would say that there is none."""
    if type_ not in _PYTHON_TYPES:
        return text not in TYPES
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, _PYTHON_TYPES[type_]) and isinstance(value, bool) == (type_ == "boolean")


def read_map(fields: Fields) -> dict[str, Any]:
    """Return §4's `variables`: a type's name or a default value, by name; null is none at all."""
    if "variables" not in fields.values:
        fields.fault("field.required", "variables")
    held = fields.object("variables")
    if held is None:
        return {}
    for name, value in held.values.items():
        if not is_name(name):
            held.fault("variable.name", name)
        elif not isinstance(value, str | int | float):
            held.fault(WRONG_TYPE, name)
    return dict(held.values)


def as_map(variables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return §3's variables as §4 shows them: a required one by its type, an optional one by its default."""
    return {variable["name"]: _shown(variable) for variable in variables}


def _shown(variable: Mapping[str, Any]) -> object:
    default = cast("str | None", variable.get("defaultValue"))
    if variable["required"] or default is None:
        return variable["type"]
    if variable["type"] in {"number", "boolean"}:
        return orjson.loads(default)
    return default


def same_maps(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two of §4's maps declare the same; true is not 1, and 1 is 1.0."""
    return one.keys() == other.keys() and all(
        isinstance(value, bool) == isinstance(other[name], bool) and value == other[name]
        for name, value in one.items()
    )
