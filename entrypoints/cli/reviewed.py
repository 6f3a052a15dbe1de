"""Asking the reviewers of a target about checked files, before anybody promotes them."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from jackfield.domain.model.problems import Problem
from jackfield.domain.model.reviews import Finding
from jackfield.entrypoints.cli.options import Options
from jackfield.entrypoints.cli.output import say
from jackfield.entrypoints.files.checked import Checked


def reviewed(options: Options, files: tuple[Checked, ...]) -> tuple[Checked, ...]:
    """Return *files* with the errors of reviewers as problems; their warnings go to standard error."""
    found = list[Checked]()
    with options.core() as core:
        for file in files:
            findings = () if file.definition is None else core.prompts.review(file.definition)
            _warn(file, findings)
            found.append(evolve(file, problems=(*file.problems, *_problems(file, findings))))
    return tuple(found)


def _problems(file: Checked, findings: tuple[Finding, ...]) -> Iterator[Problem]:
    for finding in findings:
        if finding.blocks:
            message = f"{finding.message} (plugin {finding.plugin})"
            yield Problem(code=finding.code, message=message, place=str(file.path), line=1, column=1)


def _warn(file: Checked, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        if not finding.blocks:
            say(f"{file.path}: {finding}", err=True)
