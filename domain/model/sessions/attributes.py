"""What a session carries along for bots, people and the CRM: JSON of at most 40,960 bytes.

Source: `wire.md` §8; tutorial 003 counts the same way, as UTF-8 JSON of the whole object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, ordered
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect, text
from jackfield.domain.model.sessions.weighing import Scale, shown

LIMIT_BYTES: Final = 40_960
"""The most bytes of a session's attributes, as UTF-8 JSON without blanks."""
SESSION_KEY: Final = "jackfield.session"
"""The attribute that holds our own id of a session, by which a conversation is found again."""
PIN_KEY: Final = "jackfield.pin"
"""The attribute that holds the pin of a session's prompt version."""
_NAMED: Final = 5
_BRACES: Final = 2


def _within_limit(_instance: object, attribute: Any, value: str) -> None:
    text(_instance, attribute, value)
    size = len(value.encode(errors="replace"))
    if size > LIMIT_BYTES:
        raise InvalidInput(
            f"they take {size:,} bytes of at most {LIMIT_BYTES:,}",
            place="attributes",
            remedy="keep long texts elsewhere",
        )


@frozen
class Attributes:
    """A session's attributes as the JSON `text` that is sent, byte by byte; made by `of`."""

    text: str = field(
        default="{}", validator=_within_limit, repr=lambda text: f"<{len(text.encode())} bytes>"
    )

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Take *values* as they are now; raise `InvalidInput` for what is not JSON, or too large.

        An error names every place, or the largest keys with their bytes, and never a value.
        """
        expect(Mapping, values, "attributes", "write a dict")
        taken = dict(values)
        size = _weighed(Scale(), taken)
        if size > LIMIT_BYTES:
            largest = _largest(weigh(taken))
            raise InvalidInput(
                f"they take {size:,} bytes of at most {LIMIT_BYTES:,}; the largest are {largest}",
                place="attributes",
                remedy="shorten these, or keep them elsewhere and put their ids here",
            )
        return cls(ordered(taken))

    @property
    def size(self) -> int:
        """Their bytes as they are sent."""
        return len(self.text.encode())

    def values(self) -> dict[str, Any]:
        """Return them as a new dict."""
        return json.loads(self.text)  # type: ignore[no-any-return]  # `of` wrote it of a dict


@frozen(kw_only=True)
class Merged:
    """Attributes with what was added, and the names of what was not, for lack of room."""

    attributes: Attributes
    dropped: tuple[str, ...] = ()


def weigh(values: Mapping[str, object]) -> dict[str, int]:
    """Return the bytes of each of *values* with its key; raise `InvalidInput` for what is not JSON."""
    scale, taken = Scale(), dict(values)
    _weighed(scale, taken)
    return {key: scale.weigh(key, key) + 1 + scale.weigh(value, key) for key, value in taken.items()}


def joined(values: Mapping[str, object], more: Mapping[str, str]) -> Attributes:
    """Return *values*, which `Attributes.of` took before and which are not weighed again, with *more*."""
    weigh(more)
    whole = {**values, **more}
    text_ = ordered(whole)
    if len(text_.encode()) > LIMIT_BYTES:
        return Attributes.of(whole)  # which names the largest
    return Attributes(text_)


def _weighed(scale: Scale, taken: Mapping[str, object]) -> int:
    size = scale.weigh(taken, "attributes")
    if scale.problems:
        raise InvalidInput(
            "not all of them are JSON",
            place="attributes",
            remedy="give texts, numbers, true, false, null, lists and objects",
            problems=scale.problems,
        )
    return size


def total(sizes: Mapping[str, int]) -> int:
    """Return the bytes of an object whose pairs have *sizes*."""
    return _BRACES + sum(sizes.values()) + max(0, len(sizes) - 1)


def merge(attributes: Attributes, added: Sequence[tuple[str, JSON]]) -> Merged:
    """Add pairs to *attributes*, the most important first; what is there gives way to its like-named only.

    While it is over the limit, the last pair of *added* is dropped; so what is dropped is always the least
    important, and one more would not have fitted.
    """
    kept = list(added)
    sizes = weigh(attributes.values())
    room = weigh(dict(added))
    while kept and total({**sizes, **_only(room, kept)}) > LIMIT_BYTES:
        kept.pop()
    dropped = tuple(key for key, _ in added[len(kept) :])
    return Merged(attributes=Attributes.of({**attributes.values(), **dict(kept)}), dropped=dropped)


def _only(sizes: Mapping[str, int], pairs: Iterable[tuple[str, JSON]]) -> dict[str, int]:
    return {key: sizes[key] for key, _ in pairs}


def _largest(sizes: Mapping[str, int]) -> str:
    largest = sorted(sizes, key=lambda key: -sizes[key])[:_NAMED]
    return ", ".join(f"{shown(key)} ({sizes[key]:,})" for key in largest)
