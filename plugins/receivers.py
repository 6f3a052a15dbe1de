"""Which settings of a plugin are URLs of receivers, so that a wrong one is told before anything is sent."""

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


def anything(_url: str, _place: str) -> None:
    """Admit every URL: where no target is known, nobody knows what it may call."""


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
