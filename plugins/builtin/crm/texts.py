"""Texts with places for facts: `Session {session}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from attrs import frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.builtin.crm.facts import FACTS, spelled

_PART: Final = re.compile(r"\{\{\s*(?P<doubled>\w+)\s*\}\}|(?P<brace>\{\{|\}\})|\{(?P<name>[^{}]*)\}|[{}]")
_SHOWN: Final = 40


@frozen
class Fact:
    """The place of a fact in a text."""

    name: str


@frozen
class Text:
    """A text as it was read: what stands there as it is, and the places of facts."""

    pieces: tuple[str | Fact, ...]

    def value(self, facts: Mapping[str, JSON]) -> JSON:
        """Return it with the facts; one that is nothing but a place keeps the fact's type."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], Fact):
            return facts[self.pieces[0].name]
        return self.text(facts, spelled)

    def text(self, facts: Mapping[str, JSON], spell: Callable[[JSON], str]) -> str:
        """Return it as a text, each fact as *spell* has it."""
        return "".join(
            spell(facts[piece.name]) if isinstance(piece, Fact) else piece for piece in self.pieces
        )

    def names(self) -> frozenset[str]:
        """The facts that it has places for."""
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Fact))


def read(text: str) -> Text:
    """Read *text*: `{name}` is the place of a fact, `{{` and `}}` are braces.

    Raises `InvalidInput` that says everything that is wrong with it.
    """
    faults = list(faults_of(text))
    if faults:
        raise InvalidInput("; ".join(faults))
    return Text(tuple(_pieces(text)))


def _pieces(text: str) -> Iterator[str | Fact]:
    done, literal = 0, ""
    for part in _PART.finditer(text):
        literal += text[done : part.start()]
        done = part.end()
        if part["name"] is None:
            literal += _braces(part)
            continue
        yield from filter(None, (literal,))
        yield Fact(part["name"])
        literal = ""
    yield from filter(None, (literal + text[done:],))


def _braces(part: re.Match[str]) -> str:
    return part[0].replace("{{", "{").replace("}}", "}")


def faults_of(text: str) -> Iterator[str]:
    """Say what is wrong with *text*: names that are none, and braces that stand alone."""
    for part in _PART.finditer(text):
        if part["name"] is not None and part["name"] not in FACTS:
            yield f"there is no {{{_shown(part['name'])}}}{_nearest(part['name'])}"
        elif part["doubled"] in FACTS:
            yield f"braces that are doubled stand for themselves; write {{{part['doubled']}}}"
        elif part[0] in "{}":
            yield f"a {part[0]!r} stands alone; write it twice, or a name in braces"


def _nearest(name: str) -> str:
    close = get_close_matches(name, FACTS, n=1)
    return f", did you mean {{{close[0]}}}?" if close else f"; there are {', '.join(FACTS)}"


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:_SHOWN])
