"""Reading one prompt file: front matter between two `---` lines, then the system text, and after a line
`--- user` the user text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.adapters.files import yaml
from jackfield.adapters.files.head import read_head
from jackfield.adapters.texts import read_text, text_of
from jackfield.domain.model.errors import InvalidPrompt
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.templates import parse

_FENCE: Final = re.compile(r"---[ \t]*\n")
_CLOSING: Final = re.compile(r"^---[ \t]*$\n?", re.MULTILINE)
_STRAY: Final = re.compile(r"^---[ \t]*(?:system|user|assistant)\b.*$", re.MULTILINE | re.IGNORECASE)
_USER: Final = re.compile(r"^---[ \t]+user[ \t]*$\n?", re.MULTILINE)


@frozen
class _Text:
    """A part of the file: its characters, and the file's line that it begins on."""

    value: str
    line: int


@frozen(kw_only=True)
class PromptFile:
    """A file that was read: its definition, if it has one, and every problem at its place."""

    path: Path
    definition: PromptDefinition | None
    problems: tuple[Problem, ...]
    head: yaml.Document
    starts: Mapping[str, int]

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return *problems* of the definition at their lines of the file, in the order of the file."""
        return _in_order(self._at(problem) for problem in problems)

    def _at(self, problem: Problem) -> Problem:
        start = self.starts.get(problem.place)
        if start is None:
            line, column = self.head.position(problem.place)
            return problem.at(str(self.path), line=line + 1 if line else 0, column=column)
        return problem.moved(str(self.path), start - 1)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.line, p.column)))


def load(path: str | Path) -> PromptDefinition:
    """Read a prompt file; raise `InvalidPrompt` with every problem and its line and column.

    Budgets are not counted here: they belong to a target, whose `check` and `publish` count them.
    """
    file = read(Path(path))
    if file.definition is None or file.problems:
        raise InvalidPrompt(
            f"{len(file.problems)} problem(s)",
            place=str(path),
            remedy="mend them and load it again",
            problems=file.problems,
        )
    return file.definition


def read(path: Path, data: bytes | None = None) -> PromptFile:
    """Read a prompt file with all its problems; raise `InvalidInput` only if there is no text to read.

    *data* are its bytes, if they were read already.
    """
    head, system, user = _cut(read_text(path) if data is None else text_of(data, path))
    if head is None:
        message = "it does not begin with a '---' line, front matter, and another '---' line; add them"
        return _unread(path, [Problem(code="front-matter", message=message, line=1, column=1)])
    document = yaml.parse(head.value)
    starts = {"template": system.line} | ({"user_template": user.line} if user else {})
    file = PromptFile(path=path, definition=None, problems=(), head=document, starts=starts)
    definition, problems = _define(document, system, user)
    strays = [p for text in (system, user) if text for p in _strays(text, str(path))]
    told = [p.moved(str(path), 1) for p in document.problems]
    placed = _in_order([*told, *strays, *file.placed(problems)])
    definition = None if strays else definition
    return PromptFile(path=path, definition=definition, problems=placed, head=document, starts=starts)


def _strays(text: _Text, path: str) -> Iterator[Problem]:
    """Lines that were meant to begin a part: as text they would put one role's words under another."""
    for match in _STRAY.finditer(text.value):
        line = text.line + text.value.count("\n", 0, match.start())
        message = "this line begins no part: the user text begins with '--- user', once; mend it or indent it"
        yield Problem(code="section", message=message, place=path, line=line, column=1)


def _unread(path: Path, problems: Iterable[Problem]) -> PromptFile:
    placed = tuple(p.at(str(path)) for p in problems)
    return PromptFile(
        path=path, definition=None, problems=placed, head=yaml.Document(None, {}, ()), starts={}
    )


def _define(
    document: yaml.Document, system: _Text, user: _Text | None
) -> tuple[PromptDefinition | None, list[Problem]]:
    if not document.readable:
        return None, list(_text_problems(system, user))
    head = read_head(document)
    matter = head.matter
    definition = PromptDefinition(
        name=matter.name,
        version=matter.version,
        model=matter.model,
        max_tokens=matter.max_tokens,
        template=system.value,
        user_template=None if user is None else user.value,
        variables=matter.variables,
        context_rules=matter.context_rules,
        metadata=matter.metadata,
        limits=matter.limits,
        renderer=matter.renderer,
    )
    problems = [*head.problems, *(p for p in definition.problems() if not head.follows(p))]
    return None if head.problems or document.problems else definition, problems


def _text_problems(system: _Text, user: _Text | None) -> Iterator[Problem]:
    """The problems that the texts have by themselves, when there is no definition to ask."""
    for place, text in (("template", system), ("user_template", user)):
        if text is not None:
            yield from (problem.at(place) for problem in parse(text.value).problems)


def _cut(text: str) -> tuple[_Text | None, _Text, _Text | None]:
    opening = _FENCE.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return None, _Text("", 1), None
    head = _Text(text[opening.end() : closing.start()], 2)
    user = _USER.search(text, closing.end())
    if user is None:
        return head, _trimmed(text, closing.end(), len(text)), None
    return head, _trimmed(text, closing.end(), user.start()), _trimmed(text, user.end(), len(text))


def _trimmed(text: str, start: int, end: int) -> _Text:
    """Return a part without the empty lines around it, which editors add and no prompt means."""
    value = text[start:end]
    body = value.lstrip("\n")
    return _Text(body.rstrip("\n"), text.count("\n", 0, start + len(value) - len(body)) + 1)
