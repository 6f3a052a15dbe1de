"""Schemas (JSON Schema 2020-12) from attrs classes and their type hints."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

from attrs import NOTHING, Attribute, Factory, define, field, fields, has

from jackfield.entrypoints.service.shapes.fields import SCHEMA

_PLAIN: Final[Mapping[Any, Mapping[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


@define
class Schemas:
    """The schemas of all classes that were asked for, by name."""

    named: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type hint; a class becomes a reference."""
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if isinstance(kind, type) and has(kind):
            return self._class(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [member.value for member in kind]}
        return self._generic(get_origin(kind), get_args(kind))

    def _generic(self, origin: Any, inner: tuple[Any, ...]) -> dict[str, Any]:
        if origin in (Union, types.UnionType):
            return self._any_of(inner)
        if origin is tuple:
            return {"type": "array", "items": self.of(inner[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        raise TypeError(f"there is no schema for {origin}")

    def _any_of(self, inner: tuple[Any, ...]) -> dict[str, Any]:
        schemas = [self.of(each) for each in inner]
        types_ = [each["type"] for each in schemas if set(each) == {"type"}]
        if len(types_) == len(schemas):
            return {"type": types_}
        return {"anyOf": schemas}

    def _class(self, kind: type) -> dict[str, Any]:
        name = kind.__name__.removesuffix("Shape")
        if name not in self.named:
            self.named[name] = {}
            self.named[name].update(self._object(kind))
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, kind: type) -> dict[str, Any]:
        hints = get_type_hints(kind)
        members = fields(kind)
        return {
            "type": "object",
            "description": (kind.__doc__ or "").strip(),
            "properties": {each.name: self.member(each, hints[each.name]) for each in members},
            "required": [each.name for each in members if each.default is NOTHING],
            "additionalProperties": False,
        }

    def member(self, attribute: Attribute[Any], hint: Any) -> dict[str, Any]:
        """Return the schema of a field, with what its metadata adds and its default."""
        schema = self.of(hint) | dict(attribute.metadata.get(SCHEMA, {}))
        default = attribute.default
        if default is NOTHING or default is None or isinstance(default, Factory):  # type: ignore[arg-type]
            return schema
        plain = list(cast("tuple[object, ...]", default)) if isinstance(default, tuple) else default
        return {**schema, "default": plain}
