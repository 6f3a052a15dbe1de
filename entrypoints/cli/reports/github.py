"""Workflow commands of GitHub Actions: each problem becomes an annotation at its line.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.cli.output import printable
from jackfield.entrypoints.files.checked import Checked

_IN_TEXT: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def github(files: Sequence[Checked]) -> Iterator[str]:
    """Yield a command a problem, and at the end how many there are."""
    for file in files:
        for problem in file.problems:
            yield _command(file.path, problem)
    yield f"{len(files)} file(s), {sum(len(file.problems) for file in files)} problem(s)"


def _command(path: Path, problem: Problem) -> str:
    properties = {"file": path.as_posix(), "title": problem.code}
    if problem.line:
        properties |= {"line": str(problem.line), "col": str(max(problem.column, 1))}
    said = ",".join(f"{name}={text.translate(_IN_PROPERTY)}" for name, text in properties.items())
    return printable(f"::error {said}::{problem.message.translate(_IN_TEXT)}")
