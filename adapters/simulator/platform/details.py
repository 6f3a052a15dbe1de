"""How conversations with bots went, in the dialect of §8 of the wire contract: filtered, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any, Final

import orjson
from attrs import frozen

from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.conversations import to_text
from jackfield.adapters.simulator.platform.querying import Stretch, read_size, read_stretch, read_words
from jackfield.adapters.simulator.platform.reading import NOT_ALLOWED, WRONG_TYPE, Fields
from jackfield.adapters.simulator.platform.registry import Registry
from jackfield.adapters.simulator.store import Document

_DIMENSIONS: Final[Mapping[str, str]] = {
    "conversationId": "id",
    "botId": "bot",
    "to.id": "bot",
    "resolutionStatus": "resolution",
}
_OPERATORS: Final = ("equals",)
_SELECTED: Final = ("conversationId", "startTime", "endTime", "resolutionStatus", "duration")
_SELECTABLE: Final = (*_SELECTED, "botId")
_TOKEN: Final = re.compile(r"([0-9]{1,9})\.([0-9a-f]{16})", re.ASCII)


@frozen(kw_only=True)
class _Query:
    """What is asked for: `met` are the values that parts of a conversation have, `fields` those told."""

    stretch: Stretch
    met: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    size: int

    @property
    def mark(self) -> str:
        """What its page tokens carry, so that they go on with nothing else."""
        said = orjson.dumps([self.stretch.since_ms, self.stretch.until_ms, self.met])
        return blake2b(said, digest_size=8).hexdigest()

    def wants(self, held: Document) -> bool:
        """Say whether the conversation is one of those asked for."""
        began = self.stretch.since_ms <= held["at"] < self.stretch.until_ms
        return began and all(held[part] == value for part, value in self.met)


def speaks(document: Mapping[str, Any]) -> bool:
    """Say whether the body of a query is of this dialect."""
    return "view" not in document and not document.keys().isdisjoint(("filter", "select"))


def query(call: Call) -> Answer:
    """Return one page of the conversations in the order in which they began.

    A `nextPageToken` goes on behind the page, whatever has begun since; null ends.
    """
    fields = Fields(call.document())
    asked = _read(fields)
    first = _read_token(fields, call.query.get("pageToken"), asked)
    fields.refuse_faults()
    found = list(islice(_found(Registry.of(call), asked, first), asked.size + 1))
    data = [_record(held, asked) for _, held in found[: asked.size]]
    following = f"{found[-1][0]}.{asked.mark}" if len(found) > asked.size else None
    return Answer(200, {"data": data, "nextPageToken": following})


def _found(registry: Registry, asked: _Query, first: int) -> Iterator[tuple[int, Document]]:
    one = dict(asked.met).get("id")
    if one is None:
        return ((place, held) for place, held in registry.read(first) if asked.wants(held))
    held = registry.find(one)
    return iter([] if held is None or not asked.wants(held) else [(0, held)])


def _record(held: Document, asked: _Query) -> dict[str, Any]:
    ended = held["ended"]
    whole = {
        "conversationId": held["id"],
        "startTime": to_text(held["at"]),
        "endTime": None if ended is None else to_text(ended),
        "resolutionStatus": held["resolution"],
        "duration": None if ended is None else ended - held["at"],
        "botId": held["bot"],
    }
    return {name: whole[name] for name in asked.fields}


def _read(fields: Fields) -> _Query:
    selects = fields.values.get("select") is not None
    return _Query(
        stretch=read_stretch(fields),
        met=tuple(_read_filter(fields)),
        fields=read_words(fields, "select", _SELECTABLE) if selects else _SELECTED,
        size=read_size(fields),
    )


def _read_filter(fields: Fields) -> Iterator[tuple[str, str]]:
    if fields.values.get("filter") is None:
        return
    for each in fields.objects("filter"):
        dimension = each.choice("dimension", _DIMENSIONS)
        each.choice("operator", _OPERATORS)
        yield _DIMENSIONS.get(dimension, ""), each.text("value")


def _read_token(fields: Fields, behind: str | None, asked: _Query) -> int:
    """Return the place at which the page begins; the token stands in the body, or in the query."""
    token = fields.values.get("pageToken") or behind
    if not token:
        return 0
    match = _TOKEN.fullmatch(token) if isinstance(token, str) else None
    if match is None or match[2] != asked.mark:
        fields.fault(NOT_ALLOWED if isinstance(token, str) else WRONG_TYPE, "pageToken")
        return 0
    return int(match[1])
