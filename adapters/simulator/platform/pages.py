"""Pages of a list, as §3 and §8 of the wire contract number them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self
from urllib.parse import urlencode

from attrs import frozen

from jackfield.adapters.simulator.platform.answers import Fault, Rejection

_SIZE: Final = 25
_LARGEST: Final = 100
_DIGITS: Final = 9


@frozen
class Page:
    """One page that is asked for; they are numbered from 1."""

    number: int
    size: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read which page the query asks for; refuse what is no page."""
        number = _positive(query, "pageNumber", 1, largest=10**_DIGITS)
        return cls(number, _positive(query, "pageSize", _SIZE, largest=_LARGEST))

    @property
    def first(self) -> int:
        """How many things lie before it."""
        return (self.number - 1) * self.size

    def shown(
        self, entities: Sequence[Any], total: int, path: str, asked: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the page of *total* things; the link to the next one repeats what was *asked*."""
        query = urlencode({"pageNumber": self.number + 1, "pageSize": self.size, **asked})
        return {
            "entities": entities,
            "pageNumber": self.number,
            "pageSize": self.size,
            "total": total,
            "nextUri": f"{path}?{query}" if self.first + self.size < total else None,
        }


def outside(field: str, type_: str, allowed: str) -> Rejection:
    """Return the no to a value of the query that is not allowed."""
    return Rejection(
        "invalid.value", faults=(Fault("invalid.value", field),), field=field, type=type_, allowed=allowed
    )


def _positive(query: Mapping[str, str], name: str, default: int, *, largest: int) -> int:
    text = query.get(name, str(default))
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
    if not 1 <= number <= largest:
        raise outside(name, "integer", f"1..{largest}")
    return number
