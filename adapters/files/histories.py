"""Reading what was said before: messages as JSON lines, or as one JSON list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.adapters.files.lines import parse
from jackfield.adapters.strict import decode
from jackfield.adapters.texts import read_text
from jackfield.domain.model.conversations.messages import Message, Role
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem

LARGEST: Final = 10 * 1024 * 1024


@frozen(kw_only=True)
class _Turn:
    """A message, as it is written."""

    role: str
    content: str


@frozen
class _Said:
    """One message's text or data, and where it stands: a line, or a place of the list."""

    thing: object
    line: int = 0
    place: str = ""


def read_history(path: Path) -> tuple[Message, ...]:
    """Return the messages of a file, the oldest first; raise `InvalidInput` with every problem."""
    text = read_text(path, largest=LARGEST)
    messages, problems = list[Message](), list[Problem]()
    for said in _listed(text, path) if text.lstrip().startswith("[") else _lines(text):
        try:
            messages.append(_message(said.thing))
        except InvalidInput as error:
            problems += [_placed(problem, said, path) for problem in _problems(error)]
    if problems:
        raise InvalidInput(
            f"{len(problems)} problem(s)",
            place=str(path),
            remedy='write each message as {"role": "user", "content": "…"}',
            problems=problems,
        )
    return tuple(messages)


def _lines(text: str) -> Iterator[_Said]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _Said(line, line=number)


def _listed(text: str, path: Path) -> Iterator[_Said]:
    try:
        said = parse(text)
    except InvalidInput as error:
        raise InvalidInput(error.message, place=str(path)) from None
    listed: list[object] = said if isinstance(said, list) else []
    for number, each in enumerate(listed):
        yield _Said(each, place=f"[{number}]")


def _message(thing: object) -> Message:
    turn = decode(parse(thing) if isinstance(thing, str) else thing, _Turn, place="message")
    message = Message(turn.role, turn.content)
    if message.role is Role.SYSTEM:  # told here, where its place is known
        raise InvalidInput("it is a system message", remedy="leave it out; the prompt says it")
    return message


def _problems(error: InvalidInput) -> Iterator[Problem]:
    if error.problems:
        yield from error.problems
    else:
        place = f"{error.place}: " if error.place else ""
        remedy = f"; {error.remedy}" if error.remedy else ""
        yield Problem(code="message", message=f"{place}{error.message}{remedy}")


def _placed(problem: Problem, said: _Said, path: Path) -> Problem:
    return problem.at(f"{path}{said.place}", line=said.line)
