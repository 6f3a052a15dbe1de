"""Prompt files, checked by the settings' budgets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from attrs import evolve, frozen

from jackfield.adapters.files import PromptFile, find, read
from jackfield.adapters.texts import read_bytes
from jackfield.domain.model.budgets import Measure
from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.checking import Report, check
from jackfield.domain.services.prompts.planning.order import ordered
from jackfield.entrypoints.files.remembering import Fine, Memory
from jackfield.entrypoints.plugging.plugged import counting
from jackfield.entrypoints.settings import Rules, rules
from jackfield.ports.tokens import TokenCounter


@frozen(kw_only=True)
class Checked:
    """One file: every problem at its place, its counts, and its definition if it was read and has one.

    A file that is remembered as fine is not read again: then only name, version and hash are known.
    """

    path: Path
    problems: tuple[Problem, ...] = ()
    measures: tuple[Measure, ...] = ()
    name: str | None = None
    version: str | None = None
    content_hash: str | None = None
    definition: PromptDefinition | None = None


def check_files(
    paths: Iterable[Path], own: Rules | None = None, *, memory: Memory | None = None
) -> tuple[Checked, ...]:
    """Check the files named and those below the folders named; an unreadable file is a problem too.

    Whatever *memory* knows as fine is not checked again.
    """
    own = own or rules()
    with ExitStack() as stack:
        checking = _Checking(own, memory, stack)
        files = [checking.file(path) for path in find(paths)]
    return _doubled(files)


def load_files(paths: Iterable[Path], own: Rules | None = None) -> tuple[PromptDefinition, ...]:
    """Return the definitions of files that are all fine, the lowest version of a prompt first.

    Raises `InvalidPrompt` with every problem of all.
    """
    files = check_files(paths, own)
    problems = [problem for file in files for problem in file.problems]
    if problems:
        raise InvalidPrompt(
            f"{len(problems)} problem(s) in {sum(bool(f.problems) for f in files)} of {len(files)} file(s)",
            remedy="nothing was sent; mend them and try again",
            problems=problems,
        )
    return ordered(file.definition for file in files if file.definition is not None)


class _Checking:
    """One run over files; the token counter is made when the first file needs it."""

    def __init__(self, own: Rules, memory: Memory | None, stack: ExitStack) -> None:
        self._own = own
        self._memory = memory
        self._stack = stack
        self._counter: TokenCounter | None = None

    def file(self, path: Path) -> Checked:
        try:
            data = read_bytes(path)
            fine = None if self._memory is None else self._memory.recall(data)
            if fine is not None:
                return _recalled(path, fine)
            file = self._checked(read(path, data))
        except InvalidInput as error:
            problem = Problem(code="unreadable", message=f"{error.message}; {error.remedy}", place=str(path))
            return Checked(path=path, problems=(problem,))
        if self._memory is not None and not file.problems:
            self._memory.keep(data, _fine(file))
        return file

    def _checked(self, file: PromptFile) -> Checked:
        definition = file.definition
        if definition is None:
            return Checked(path=file.path, problems=file.problems)
        report = self._report(definition)
        return Checked(
            path=file.path,
            problems=file.placed(report.problems),
            measures=report.measures,
            name=definition.name,
            version=definition.version,
            content_hash=None if report.problems else definition.content_hash,
            definition=definition,
        )

    def _report(self, definition: PromptDefinition) -> Report:
        if self._counter is None:
            self._counter = self._stack.enter_context(counting(self._own))
        return check(definition, policy=self._own.policy, counter=self._counter)


def _recalled(path: Path, fine: Fine) -> Checked:
    return Checked(
        path=path,
        measures=fine.measures,
        name=fine.name,
        version=fine.version,
        content_hash=fine.content_hash,
    )


def _fine(file: Checked) -> Fine:
    return Fine(
        name=file.name or "",
        version=file.version or "",
        content_hash=file.content_hash or "",
        measures=file.measures,
    )


def _doubled(files: Iterable[Checked]) -> tuple[Checked, ...]:
    """Add a problem to each of several files that are the same version of one prompt."""
    files = tuple(files)
    same = dict[tuple[str, str], list[Checked]]()
    for file in files:
        if file.name is not None and file.version is not None:
            same.setdefault((file.name, file.version), []).append(file)
    told = {file.path: group for group in same.values() if len(group) > 1 for file in group}
    return tuple(_told(file, told[file.path]) if file.path in told else file for file in files)


def _told(file: Checked, group: Iterable[Checked]) -> Checked:
    others = [other for other in group if other.path != file.path]
    known = file.content_hash is not None and all(other.content_hash for other in others)
    alike = all(other.content_hash == file.content_hash for other in others)
    content = f", with {'the same' if alike else 'other'} content" if known else ""
    problem = Problem(
        code="version-twice",
        place="version",
        message=f"version {file.version} of {file.name} is also in {', '.join(str(o.path) for o in others)}"
        f"{content}; keep one, or give it another number",
    )
    return evolve(file, problems=(*_placed(file.path, problem), *file.problems))


def _placed(path: Path, problem: Problem) -> tuple[Problem, ...]:
    try:
        return read(path).placed([problem])
    except InvalidInput:  # gone or changed since it was read
        return (problem.at(str(path)),)
