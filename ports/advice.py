"""A platform that recommends what an agent could say or look up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

from attrs import frozen

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery


@frozen(kw_only=True)
class Unusable:
    """A recommendation that came and cannot be one, and why: a score outside 0..1, a date that is none …

    `id` is None where it has none that is a text.
    """

    id: str | None
    why: str


Recommended: TypeAlias = Item | Unusable
"""What a page holds."""


class AdviceGateway(Protocol):
    """A platform's recommendations; safe for threads."""

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Give page after page, each asked for when it is taken, the best first as the platform has it.

        *wanted* is a hint for a page's size; whoever has enough stops. It changes nothing and may be asked
        again; *ends* is when the last call must be over, in monotonic seconds. Raises any `Refused`
        (`NotFound` for an unknown knowledge base), and `Unavailable` also for a page that cannot be read and
        for pages that do not advance: what was given until then is not everything.
        """
        ...
