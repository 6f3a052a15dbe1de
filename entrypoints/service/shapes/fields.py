"""Fields that say in the document what they admit."""

from __future__ import annotations

from typing import Any, Final

from attrs import field

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER

SCHEMA: Final = "schema"
"""The key of a field's metadata under which the document finds what it adds to the field's type."""


def text(*, least: int = 0, most: int, default: Any = ..., pattern: str | None = None) -> Any:
    """Return a field for a text of *least* to *most* characters."""
    schema: dict[str, Any] = {"minLength": least, "maxLength": most}
    if pattern is not None:
        schema["pattern"] = pattern

    def check(_instance: object, attribute: Any, value: str | None) -> None:
        if value is not None and not least <= len(value) <= most:
            raise InvalidInput(f"{attribute.name} has {least} to {most} characters, not {len(value)}")

    return _field(default, check, schema)


def number(*, least: int = 0, most: int = SAFE_INTEGER, default: Any = ...) -> Any:
    """Return a field for a whole number *least* to *most*."""

    def check(_instance: object, attribute: Any, value: int | None) -> None:
        if value is not None and not least <= value <= most:
            raise InvalidInput(f"{attribute.name} is {least} to {most}, not {value}")

    return _field(default, check, {"minimum": least, "maximum": most})


def real(*, least: float, most: float, default: Any = ...) -> Any:
    """Return a field for a number *least* to *most*."""

    def check(_instance: object, attribute: Any, value: float | None) -> None:
        if value is not None and not least <= value <= most:
            raise InvalidInput(f"{attribute.name} is {least:g} to {most:g}")

    return _field(default, check, {"minimum": least, "maximum": most})


def _field(default: Any, check: Any, schema: dict[str, Any]) -> Any:
    metadata = {SCHEMA: schema}
    if default is ...:
        return field(validator=check, metadata=metadata)
    return field(default=default, validator=check, metadata=metadata)
