"""`jackfield check`: every problem of prompt files, and nothing sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.entrypoints.checked import Checked


@click.command(short_help="Find every problem of prompt files.", epilog="Example: jackfield check prompts/")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=NamedPath())
@common
@pass_options
def check(options: Options, paths: tuple[Path, ...]) -> int:
    """Check prompt files, or all *.prompt files below folders.

    Lists every problem with its line and column, and counts characters and tokens against the budgets.
    """
    from jackfield.entrypoints.checked import check_files

    files = check_files(paths)
    if options.json:
        _show_json(files)
    else:
        _show(files)
    return 1 if any(file.problems for file in files) else 0


def _show_json(files: tuple[Checked, ...]) -> None:
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.cli.views import file_view, problem_view

    show_json(
        {
            "files": [file_view(f.path, f.name, f.version, f.measures) for f in files],
            "problems": [problem_view(p) for f in files for p in f.problems],
        }
    )


def _show(files: tuple[Checked, ...]) -> None:
    from jackfield.entrypoints.cli.output import say

    for file in files:
        if file.problems:
            for problem in file.problems:
                say(str(problem))
        else:
            say(f"{file.path}: {file.name} {file.version} is fine")
            for measure in file.measures:
                click.echo(f"    {measure}, {measure.limit.source}")
    count = sum(len(file.problems) for file in files)
    click.echo(f"{len(files)} file(s), {count} problem(s)")
