"""Reading a catalog of examples: `NAME.examples.jsonl`, an example a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.adapters.files.lines import parse
from jackfield.adapters.strict import decode
from jackfield.adapters.texts import read_text
from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem

SUFFIX: Final = ".examples.jsonl"
LARGEST: Final = 10 * 1024 * 1024


@frozen(kw_only=True)
class _Row:
    """One line, as it is written."""

    id: str
    input: str
    output: str
    category: str = ""


@frozen(kw_only=True)
class CatalogFile:
    """A file that was read: the examples of its lines that are fine, and every problem of the others."""

    path: Path
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]


def examples(path: str | Path) -> Catalog:
    """Read a catalog of examples; raise `InvalidInput` with every problem and its line.

    Each line is a JSON object of `id`, `input`, `output` and, if there are several kinds, `category`.
    """
    file = read_catalog(Path(path))
    if file.problems:
        raise InvalidInput(
            f"{len(file.problems)} problem(s)",
            place=str(path),
            remedy="mend them and load it again",
            problems=file.problems,
        )
    return Catalog(file.examples)


def read_catalog(path: Path) -> CatalogFile:
    """Read a catalog with all its problems; raise `InvalidInput` only if there is no text to read."""
    found, problems, lines = list[Example](), list[Problem](), dict[str, int]()
    for number, line in enumerate(read_text(path, largest=LARGEST).split("\n"), start=1):
        if not line.strip():
            continue
        example, wrong = _read(line)
        if example is not None:
            first = lines.setdefault(example.id, number)
            wrong = [] if first == number else [_doubled(first)]
            found.append(example)
        problems += [problem.at(str(path), line=number) for problem in wrong]
    return CatalogFile(path=path, examples=tuple(found), problems=tuple(problems))


def _read(line: str) -> tuple[Example | None, list[Problem]]:
    try:
        row = decode(parse(line), _Row, place="example")
    except InvalidInput as error:
        return None, list(error.problems) or [Problem(code="example-json", message=error.message)]
    wrong = list(_faults(row))
    if wrong:
        return None, wrong
    return Example(id=row.id, input=row.input, output=row.output, category=row.category), wrong


def _faults(row: _Row) -> Iterator[Problem]:
    """Ask the example for each field alone, with the others fine: it tells of one at a time."""
    fine = {"id": "id", "input": "input", "output": "output", "category": ""}
    for name in fine:
        try:
            Example(**{**fine, name: getattr(row, name)})
        except InvalidInput as error:
            yield Problem(code="example-field", message=f"{name}: {error.message}; {error.remedy}")


def _doubled(first: int) -> Problem:
    return Problem(code="example-twice", message=f"its id is also in line {first}; give it another")
