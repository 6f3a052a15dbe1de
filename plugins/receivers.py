"""Which settings of a plugin are URLs of receivers, so that a wrong one is told before anything is sent; and
which are read from a variable of the environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

import attrs

Admit: TypeAlias = Callable[[str, str], None]
"""Raises `InvalidInput` for a URL (first) that can never be called; it names the place (second)."""

_MARK: Final = "jackfield.receiver"
RECEIVER: Final[Mapping[str, bool]] = MappingProxyType({_MARK: True})
"""The metadata of a field that is the URL of a receiver."""

_VARIABLE: Final = "jackfield.variable"


def variable(name: str) -> Mapping[str, str]:
    """Return the metadata of a field that is read from that variable where the table does not say it."""
    return MappingProxyType({_VARIABLE: name})


def variables(kind: type) -> Iterator[tuple[str, str]]:
    """Give each field of *kind* that may be read from a variable, and which."""
    for each in attrs.fields(kind):
        if _VARIABLE in each.metadata:
            yield each.name, each.metadata[_VARIABLE]


def anything(_url: str, _place: str) -> None:
    """Admit every URL: where no target is known, nobody knows what it may call."""


def urls(kind: type) -> Iterator[str]:
    """Give the fields of *kind* that are URLs of receivers."""
    yield from (each.name for each in attrs.fields(kind) if _MARK in each.metadata)


def receivers(settings: object) -> Iterator[tuple[str, str]]:
    """Give each URL of a receiver, by its path in *settings*, such as `endpoints[0].url`."""
    kind = type(settings)
    for each in attrs.fields(kind) if attrs.has(kind) else ():
        value: Any = getattr(settings, each.name)
        if _MARK in each.metadata:
            yield each.name, value
        for number, row in enumerate(cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()):
            for path, url in receivers(row):
                yield f"{each.name}[{number}].{path}", url
