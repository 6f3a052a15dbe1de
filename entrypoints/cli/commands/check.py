"""`jackfield check`: every problem of prompt files, and nothing sent."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, pass_options, with_formats

if TYPE_CHECKING:
    from jackfield.entrypoints.files.checked import Checked


@click.command(short_help="Find every problem of prompt files.", epilog="Example: jackfield check prompts/")
@click.argument("paths", metavar="PATH...", nargs=-1, type=NamedPath())
@click.option("--print-schema", is_flag=True, help="Print the JSON Schema of the front matter, for editors.")
@click.option("--no-cache", is_flag=True, help="Check files again that were fine and did not change.")
@click.option("--quiet", "-q", is_flag=True, help="Show problems and their number alone.")
@click.option("--review", is_flag=True, help="Also ask the plugins that review what goes live.")
@with_formats("table", "json", "junit", "sarif", "github")
@pass_options
def check(
    options: Options,
    paths: tuple[Path, ...],
    *,
    print_schema: bool,
    no_cache: bool,
    quiet: bool,
    review: bool,
) -> int:
    """Check prompt files, or all *.prompt files below folders, and the catalogs of examples beside them.

    Lists every problem with its line and column, and counts characters and tokens against the budgets.
    """
    if print_schema:
        _print_schema()
        return 0
    if not paths:
        raise click.UsageError("Missing argument 'PATH...'.")
    files = _found(options, paths, no_cache=no_cache, review=review)
    _show(files, options.format, quiet=quiet)
    return 1 if any(file.problems for file in files) else 0


def _found(options: Options, paths: tuple[Path, ...], *, no_cache: bool, review: bool) -> tuple[Checked, ...]:
    """Check prompt files, the catalogs of examples beside them, and those that are named."""
    from jackfield.entrypoints.files.catalogs import beside, check_catalogs, is_catalog

    prompts = tuple(path for path in paths if not is_catalog(path))
    files = _checked(prompts, cached=not (no_cache or review)) if prompts else ()
    if review:
        from jackfield.entrypoints.cli.reviewed import reviewed

        files = reviewed(options, files)
    return (*files, *check_catalogs([*filter(is_catalog, paths), *beside(files)]))


def _print_schema() -> None:
    from jackfield.adapters.files.schema import schema
    from jackfield.entrypoints.cli.output import show_json

    show_json(schema())


def _checked(paths: tuple[Path, ...], *, cached: bool) -> tuple[Checked, ...]:
    from jackfield.entrypoints.files.checked import check_files
    from jackfield.entrypoints.files.remembering import remembered
    from jackfield.entrypoints.settings import rules

    own = rules()
    with remembered(own) if cached else nullcontext() as memory:
        return check_files(paths, own, memory=memory)


def _show(files: tuple[Checked, ...], form: str, *, quiet: bool) -> None:
    match form:
        case "json":
            _show_json(files)
        case "junit":
            from jackfield.entrypoints.cli.reports.junit import junit

            click.echo(junit(files))
        case "sarif":
            from jackfield.entrypoints.cli.output import show_json
            from jackfield.entrypoints.cli.reports.sarif import sarif

            show_json(sarif(files))
        case "github":
            from jackfield.entrypoints.cli.reports.github import github

            for line in github(files):
                click.echo(line)
        case _:
            _show_table(files, quiet=quiet)


def _show_json(files: tuple[Checked, ...]) -> None:
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.cli.views import file_view, problem_view

    show_json(
        {
            "files": [file_view(f.path, f.name, f.version, f.measures) for f in files],
            "problems": [problem_view(p) for f in files for p in f.problems],
        }
    )


def _named(file: Checked) -> str:
    from jackfield.entrypoints.files.catalogs import CheckedCatalog

    if isinstance(file, CheckedCatalog):
        return f"a catalog of {file.examples} example(s)"
    return f"{file.name} {file.version}"


def _show_table(files: tuple[Checked, ...], *, quiet: bool) -> None:
    from jackfield.entrypoints.cli.output import say

    for file in files:
        if file.problems:
            for problem in file.problems:
                say(str(problem))
        elif not quiet:
            say(f"{file.path}: {_named(file)} is fine")
            for measure in file.measures:
                say(f"    {measure}, {measure.limit.source}")
    count = sum(len(file.problems) for file in files)
    click.echo(f"{len(files)} file(s), {count} problem(s)")
