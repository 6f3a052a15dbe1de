"""What a platform recommends, as it is believed: an item whose numbers and dates can be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware, text


def _score(_instance: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput("it is a number from 0 to 1", place=attribute.name, remedy="leave the item out")


@frozen(kw_only=True)
class Item:
    """One recommendation: `relevance` is 0..1, `published` when its text was, `source` its knowledge base."""

    id: str = field(validator=text)
    title: str = field(validator=text, repr=lambda text: f"<{len(text)} characters>")
    content: str = field(validator=text, repr=lambda text: f"<{len(text)} characters>")
    relevance: float = field(validator=_score)
    published: datetime = field(validator=aware)
    source: str = field(validator=text)
