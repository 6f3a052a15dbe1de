"""Checks of single fields: a wrong type fails in the constructor, as an error that names the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from jackfield.domain.model.errors import InvalidInput

T = TypeVar("T")


def text(_instance: object, attribute: Any, value: Any) -> None:
    """Admit a `str` alone."""
    if not isinstance(value, str):
        raise InvalidInput(f"it is a text, not {_kind(value)}", place=attribute.name, remedy="write a text")


def optional_text(instance: object, attribute: Any, value: Any) -> None:
    """Admit a `str` or None."""
    if value is not None:
        text(instance, attribute, value)


def whole_number(_instance: object, attribute: Any, value: Any) -> None:
    """Admit an `int` that is no `bool`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(
            f"it is a whole number, not {_kind(value)}", place=attribute.name, remedy="write a number"
        )


def optional_number(instance: object, attribute: Any, value: Any) -> None:
    """Admit an `int` that is no `bool`, or None."""
    if value is not None:
        whole_number(instance, attribute, value)


def texts(_instance: object, attribute: Any, value: Any) -> None:
    """Admit a mapping of `str` to `str`."""
    pairs: Any = value
    if not all(isinstance(part, str) for pair in pairs.items() for part in pair):
        raise InvalidInput("its keys and values are texts", place=attribute.name, remedy="write texts")


def all_of(kind: type[T], values: Iterable[T], place: str) -> tuple[T, ...]:
    """Return *values* as a tuple; admit instances of *kind* alone."""
    taken = tuple(values)
    wrong = next((value for value in taken if not isinstance(value, kind)), None)
    if wrong is not None:
        message = f"it holds {_kind(wrong)}, not only {kind.__name__}"
        raise InvalidInput(message, place=place, remedy=f"make each a {kind.__name__}(…)")
    return taken


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
