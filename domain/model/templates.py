"""The one template grammar: text with `{{name}}` placeholders.

Blanks (spaces and tabs) inside the braces are allowed and normalized away; a name is
`[A-Za-z_][A-Za-z0-9_]*` of at most 80 characters. `{{{{` is a literal `{{`, for prompts that are
rendered locally. Anything else that begins with `{{` is an error, with its line and column.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.domain.model.problems import Problem

LONGEST_NAME: Final = 80
LITERAL: Final = "{{{{"

_OPENING: Final = re.compile(r"\{\{")
_PLACEHOLDER: Final = re.compile(r"\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}")
_CLOSED: Final = re.compile(r"\{\{((?:(?!\{\{)[^\n])*?)\}\}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


@frozen
class Text:
    """Characters that stand for themselves."""

    value: str


@frozen
class Literal:
    """An escaped `{{`; its place is an offset in the template's text, in code points."""

    offset: int


@frozen
class Placeholder:
    """Where a variable's value goes; its place is an offset in the template's text, in code points."""

    name: str
    offset: int


Segment: TypeAlias = Text | Literal | Placeholder


@frozen
class Template:
    """A text parsed once; `problems` lists every malformed place, and is empty for a usable template."""

    source: str
    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...]

    @cached_property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """Every placeholder in the order of the text, repeated ones repeatedly."""
        return tuple(s for s in self.segments if isinstance(s, Placeholder))

    @property
    def literals(self) -> tuple[Literal, ...]:
        """Every escaped `{{`, in the order of the text."""
        return tuple(s for s in self.segments if isinstance(s, Literal))

    @cached_property
    def normalized(self) -> str:
        """The text that is sent and hashed: LF line ends, no blanks inside braces."""
        return "".join(_spelled(segment) for segment in self.segments)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of *offset*, both from 1; columns count code points."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """The offset at which each line begins, so that a text full of faults is placed in linear time."""
        return (0, *(end.end() for end in re.finditer("\n", self.source)))


def parse(text: str) -> Template:
    """Read *text* into segments, collecting every problem; it never raises."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    segments: list[Segment] = []
    faults: list[tuple[int, str, str]] = []
    for found in _scan(source):
        if isinstance(found, tuple):
            faults.append(found)
        else:
            segments.append(found)
    faults.extend(_unprintable(source))
    bare = Template(source, tuple(segments), ())
    problems = tuple(_placed(bare, fault) for fault in sorted(faults))
    return Template(source, bare.segments, problems)


def _scan(source: str) -> Iterator[Segment | tuple[int, str, str]]:
    at = 0
    while (opening := _OPENING.search(source, at)) is not None:
        start = opening.start()
        if start > at:
            yield Text(source[at:start])
        if source.startswith(LITERAL, start):
            yield Literal(start)
            at = start + len(LITERAL)
            continue
        match = _PLACEHOLDER.match(source, start)
        if match is not None and len(match[1]) <= LONGEST_NAME:
            yield Placeholder(match[1], start)
            at = match.end()
            continue
        yield _fault(source, start)
        at = start + 2
    if at < len(source):
        yield Text(source[at:])


def _fault(source: str, start: int) -> tuple[int, str, str]:
    closed = _CLOSED.match(source, start)
    if closed is None:
        return (
            start,
            "placeholder-unclosed",
            "'{{' begins a placeholder that is not closed by '}}' on its line",
        )
    name = closed[1].strip(" \t")
    if not name:
        return start, "placeholder-empty", "an empty placeholder; write a name between the braces"
    if len(name) > LONGEST_NAME:
        return start, "placeholder-too-long", f"a name has at most {LONGEST_NAME} characters, not {len(name)}"
    return (
        start,
        "placeholder-malformed",
        (f"{name!r} is not a name; use letters, digits and _, and do not begin with a digit"),
    )


def _unprintable(source: str) -> Iterator[tuple[int, str, str]]:
    for match in _CONTROL.finditer(source):
        yield match.start(), "control-character", f"control character U+{ord(match[0]):04X}; remove it"
    for match in _SURROGATE.finditer(source):
        yield match.start(), "lone-surrogate", "half of a surrogate pair, which UTF-8 cannot carry; remove it"


def _placed(template: Template, fault: tuple[int, str, str]) -> Problem:
    offset, code, message = fault
    line, column = template.position(offset)
    return Problem(code=code, message=message, line=line, column=column)


def _spelled(segment: Segment) -> str:
    match segment:
        case Text(value):
            return value
        case Literal():
            return LITERAL
        case Placeholder(name):
            return f"{{{{{name}}}}}"
