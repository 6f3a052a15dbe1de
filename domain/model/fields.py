"""Checks of single fields: a wrong type fails in the constructor, as an error that names the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from jackfield.domain.model.errors import InvalidInput

T = TypeVar("T")

_VOWELS: Final = tuple("AEIO")
SAFE_INTEGER: Final = 2**53 - 1
"""The largest whole number that every reader of JSON takes as it is (RFC 8259 §6)."""


def text(_instance: object, attribute: Any, value: Any) -> None:
    """Admit a `str` alone."""
    if not isinstance(value, str):
        raise InvalidInput(f"it is a text, not {_kind(value)}", place=attribute.name, remedy="write a text")


def optional_text(instance: object, attribute: Any, value: Any) -> None:
    """Admit a `str` or None."""
    if value is not None:
        text(instance, attribute, value)


def whole_number(_instance: object, attribute: Any, value: Any) -> None:
    """Admit an `int` that is no `bool`, within ±(2^53 - 1)."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(
            f"it is a whole number, not {_kind(value)}", place=attribute.name, remedy="write a number"
        )
    if abs(value) > SAFE_INTEGER:
        raise InvalidInput(
            "it does not lie within ±(2^53 - 1)", place=attribute.name, remedy="write a smaller number"
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


def aware(_instance: object, attribute: Any, value: Any) -> None:
    """Admit a time with a zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("it is not a time with a zone", place=attribute.name, remedy="give a time in UTC")


def expect(kind: type[object], value: object, place: str, remedy: str) -> None:
    """Raise `InvalidInput` with *remedy* for an argument that is no *kind*; types are hints to others."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__.startswith(_VOWELS) else "a"
        message = f"it is {article} {kind.__name__}, not {_kind(value)}"
        raise InvalidInput(message, place=place, remedy=remedy)


def instance_of(kind: type[object]) -> Callable[[object, Any, Any], None]:
    """Return a check that admits a *kind* alone."""

    def check(_instance: object, attribute: Any, value: Any) -> None:
        expect(kind, value, attribute.name, f"make it a {kind.__name__}(…)")

    return check


def read_only(mapping: Mapping[str, str], place: str) -> Mapping[str, str]:
    """Return *mapping* as one that cannot be changed; admit a mapping alone."""
    expect(Mapping, mapping, place, "write a dict")
    return MappingProxyType(dict(mapping))


def all_of(kind: type[T], values: Iterable[T], place: str) -> tuple[T, ...]:
    """Return *values* as a tuple; admit instances of *kind* alone."""
    _refuse_unlisted(values, place, f"write a list of {kind.__name__}(…)")
    taken = tuple(values)
    for value in taken:
        if not isinstance(value, kind):  # also None is none
            message = f"it holds {_kind(value)}, not only {kind.__name__}"
            raise InvalidInput(message, place=place, remedy=f"make each a {kind.__name__}(…)")
    return taken


def _refuse_unlisted(values: object, place: str, remedy: str) -> None:
    """A text is iterable, and never what is meant."""
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise InvalidInput(f"it is a list, not {_kind(values)}", place=place, remedy=remedy)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
