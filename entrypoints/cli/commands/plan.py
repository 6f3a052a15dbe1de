"""`jackfield plan`: what `apply` would do."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.services.prompts.planning import Plan
    from jackfield.entrypoints.core import Core


@click.command(
    short_help="Show what 'apply' would do.",
    epilog="Example: jackfield plan prompts/ --promote --out plan.json",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=NamedPath())
@click.option("--promote", is_flag=True, help="The highest version of each prompt is to go live.")
@click.option("--force", is_flag=True, help="Over what somebody did by hand: a rollback, an edit.")
@click.option("--diff", "with_diff", is_flag=True, help="Show what differs from what is live.")
@click.option("--no-drift", is_flag=True, help="Do not ask the platform what is live of each prompt.")
@click.option("--out", metavar="FILE", type=NamedPath(), help="Write the plan to a new file, for 'apply'.")
@common
@pass_options
def plan(
    options: Options,
    paths: tuple[Path, ...],
    *,
    promote: bool,
    force: bool,
    with_diff: bool,
    no_drift: bool,
    out: Path | None,
) -> int:
    """Show what 'apply' would do with prompt files, and change nothing.

    The exit code is 0 if nothing is to be done, 4 if something is, 3 if something holds a prompt up.
    """
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.cli.planned import exit_code_of, plan_view, show_plan
    from jackfield.entrypoints.files.checked import load_files

    definitions = load_files(paths)
    with options.core(bulk=True) as core:
        made = core.prompts.plan(
            definitions, promote=promote, force=force, drift=not no_drift, report=core.report
        )
        if out is not None:
            _write(core, made, out)
        target = core.settings.target
    if options.json:
        show_json(plan_view(made, target))
    else:
        show_plan(made, target, with_diff=with_diff)
        if out is not None:
            say(f"the plan is in {out}; do it with '{_applying(options, out)}'")
    return exit_code_of(made)


def _applying(options: Options, path: Path) -> str:
    named = () if options.target is None else ("--target", options.target)
    return shlex.join(("jackfield", "apply", str(path), *named))


def _write(core: Core, made: Plan, path: Path) -> None:
    from jackfield.adapters.files.plans import PlanFile, write_plan
    from jackfield.entrypoints.cli.planned import place_of
    from jackfield.entrypoints.files.folders import write_new

    write_new(path, write_plan(PlanFile(place=place_of(core.settings), plan=made)))
