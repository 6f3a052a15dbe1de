"""`jackfield apply`: a folder of prompts, or a reviewed plan, becomes so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import define, field

from jackfield.entrypoints.cli.delivering import delivering
from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.services.prompts.planning import Outcome, Plan
    from jackfield.entrypoints.cli.signals import Stop
    from jackfield.entrypoints.core import Core


@click.command(
    short_help="Publish a folder of prompts, or do what a plan says.",
    epilog="Example: jackfield apply prompts/ --promote --reason CHG-4471",
)
@click.argument("paths", metavar="PATH...|PLANFILE", nargs=-1, required=True, type=NamedPath())
@click.option("--promote", is_flag=True, help="Make the highest version of each prompt live.")
@click.option("--force", is_flag=True, help="Over what somebody did by hand: a rollback, an edit.")
@click.option("--drift", is_flag=True, help="Ask the platform what is live of every prompt, a call each.")
@common
@pass_options
def apply(options: Options, paths: tuple[Path, ...], *, promote: bool, force: bool, drift: bool) -> int:
    """Publish a folder of prompts, or do what a plan file says.

    Everything is checked before anything is sent. One prompt's failure stops no other; doing it again does
    only what is left. At Ctrl-C or SIGTERM the prompt under way is finished, and no other begun.
    """
    from jackfield.entrypoints.cli.signals import stoppable

    from_file = _is_plan_file(paths)
    if from_file and (promote or force or drift):
        raise click.UsageError(
            "a plan file says what is to be done: leave out --promote, --force and --drift"
        )
    told = _Told(live=not options.json and not sys.stderr.isatty())
    try:
        with options.core(bulk=True) as core:
            made = (
                _read_plan(core, paths[0])
                if from_file
                else _plan(core, paths, promote=promote, force=force, drift=drift)
            )
            actor, reason = options.who_and_why()
            me = core.acting_as(actor, reason=reason)
            options.changes()
            with delivering(core, json=options.json), stoppable() as stop:
                me.prompts.apply(made, report=core.report, told=told, stop=stop)
    finally:  # what was done before an end in the middle is said as well
        told.show(options)
    code = _exit_code(told.outcomes, stop)
    options.output.done = code == 0
    return _over(code, options)


def _is_plan_file(paths: tuple[Path, ...]) -> bool:
    from jackfield.adapters.files.plans import is_plan

    return len(paths) == 1 and is_plan(paths[0])


def _plan(core: Core, paths: tuple[Path, ...], *, promote: bool, force: bool, drift: bool) -> Plan:
    from jackfield.entrypoints.files.checked import load_files

    definitions = load_files(paths, core.settings.rules)
    return core.prompts.plan(definitions, promote=promote, force=force, drift=drift, report=core.report)


def _read_plan(core: Core, path: Path) -> Plan:
    from jackfield.adapters.files.plans import read_plan
    from jackfield.domain.model.errors import Conflict
    from jackfield.entrypoints.cli.planned import place_of

    file, here = read_plan(path), place_of(core.settings)
    if file.place != here:
        raise Conflict(
            f"the plan is of target {file.place.target} ({file.place.platform}), and this is {here.target}"
            f" ({here.platform})",
            place=str(path),
            remedy=f"name it with --target {file.place.target}, or plan again",
        )
    return file.plan


@define
class _Told:
    """The outcomes so far; through a pipe each is shown at once, on a terminal when the bar is gone."""

    live: bool
    outcomes: list[Outcome] = field(factory=list["Outcome"])

    def __call__(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.live:
            self._say(outcome)

    def show(self, options: Options) -> None:
        """Say what was not said yet, and how many prompts came how far."""
        from jackfield.entrypoints.cli.output import show_json
        from jackfield.entrypoints.cli.planned import outcome_view, summary

        if not self.outcomes:
            return
        if options.json:
            show_json({"prompts": [outcome_view(o, _code(o)) for o in self.outcomes]})
            return
        for outcome in () if self.live else self.outcomes:
            self._say(outcome)
        click.echo(summary(self.outcomes))

    def _say(self, outcome: Outcome) -> None:
        from jackfield.domain.services.prompts.planning import Result
        from jackfield.entrypoints.cli.output import say
        from jackfield.entrypoints.cli.planned import outcome_line

        if outcome.result is not Result.UNCHANGED:
            failed = outcome.result is Result.FAILED
            say(outcome_line(outcome), err=failed)
        for finding in outcome.findings:
            say(f"{outcome.name}: {finding}", err=True)


def _code(outcome: Outcome) -> int:
    from jackfield.entrypoints.cli.run import exit_code

    return 0 if outcome.error is None else exit_code(outcome.error)


def _exit_code(outcomes: list[Outcome], stop: Stop) -> int:
    """The signal's if there was one, else the worst of the prompts': the highest."""
    return stop.exit_code or max(map(_code, outcomes), default=0)


def _over(code: int, options: Options) -> int:
    """Return 5 instead of a lower failure where what became of the prompts could not be written either."""
    from jackfield.entrypoints.cli.run import UNWRITTEN

    lost = options.output.trouble is not None and not options.output.is_unread
    return max(code, UNWRITTEN) if code and lost else code
