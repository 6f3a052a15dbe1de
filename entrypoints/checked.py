"""Prompt files, checked by the settings' budgets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import evolve, frozen

from jackfield.adapters.files import PromptFile, find, read, twins
from jackfield.domain.model.budgets import Measure
from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.checking import check
from jackfield.entrypoints.bootstrap import counter
from jackfield.entrypoints.settings import Rules, rules


@frozen(kw_only=True)
class Checked:
    """One file: its definition if it has one, every problem at its place, and its counts."""

    path: Path
    definition: PromptDefinition | None
    problems: tuple[Problem, ...]
    measures: tuple[Measure, ...] = ()

    @property
    def name(self) -> str | None:
        """The prompt's name, as far as it could be read."""
        return self.definition.name if self.definition else None

    @property
    def version(self) -> str | None:
        """The prompt's version, as far as it could be read."""
        return self.definition.version if self.definition else None


def check_files(paths: Iterable[Path], own: Rules | None = None) -> tuple[Checked, ...]:
    """Check the files named and those below the folders named; an unreadable file is a problem too."""
    own = own or rules()
    files = [_read(path) for path in find(paths)]
    doubled = twins(file for file in files if isinstance(file, PromptFile))
    return tuple(_checked(file, own, doubled) for file in files)


def load_files(paths: Iterable[Path], own: Rules | None = None) -> tuple[PromptDefinition, ...]:
    """Return the definitions of files that are all fine; raise `InvalidPrompt` with every problem of all."""
    files = check_files(paths, own)
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise InvalidPrompt(
            f"{len(problems)} problem(s) in {sum(bool(f.problems) for f in files)} of {len(files)} file(s)",
            remedy="nothing was sent; mend them and try again",
            problems=problems,
        )
    return tuple(file.definition for file in files if file.definition is not None)


def _read(path: Path) -> PromptFile | Checked:
    try:
        return read(path)
    except InvalidInput as error:
        problem = Problem(code="unreadable", message=f"{error.message}; {error.remedy}", place=str(path))
        return Checked(path=path, definition=None, problems=(problem,))


def _checked(file: PromptFile | Checked, own: Rules, doubled: dict[Path, Problem]) -> Checked:
    if isinstance(file, Checked):
        return file
    if file.definition is None:
        return Checked(path=file.path, definition=None, problems=file.problems)
    report = check(file.definition, policy=own.policy, counter=counter(own.token_counter))
    checked = Checked(
        path=file.path,
        definition=file.definition,
        problems=file.placed(report.problems),
        measures=report.measures,
    )
    if file.path in doubled:
        checked = evolve(checked, problems=(doubled[file.path], *checked.problems))
    return checked
