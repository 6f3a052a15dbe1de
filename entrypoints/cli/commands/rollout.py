"""`jackfield rollout`: a version goes to a share of the customers, is compared, and goes on or comes back."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.commands.pins import rotate_key
from jackfield.entrypoints.cli.commands.watch import TAKEN_BACK, watch
from jackfield.entrypoints.cli.completing import prompt_names, versions
from jackfield.entrypoints.cli.options import Options, common, pass_options
from jackfield.entrypoints.cli.periods import Period, Week

if TYPE_CHECKING:
    from jackfield.domain.model.hours import Hours
    from jackfield.domain.model.rollouts import Rollout
    from jackfield.domain.model.routers import Router
    from jackfield.domain.services.rollouts import RolloutStatus, Stepped

_TYPED: Final = {
    "success_margin": "--margin",
    "tolerance": "--tolerance",
    "alpha": "--alpha",
    "latency_ratio": "--latency-ratio",
    "token_ratio": "--token-ratio",
    "stale_seconds": "--stale",
    "shares": "--shares",
    "holdout": "--holdout",
    "least_seconds": "--least",
    "candidate": "VERSION",
}
_COLUMNS: Final = ("prompt", "version", "state", "share", "treatment", "harm", "next")


@click.group(epilog="Example: jackfield rollout start escalation 2.1.0 --shares 5%,25%,100%")
@common
def rollout() -> None:
    """Rollouts: start, status, step, hold, stop, watch, explain, rotate-key."""


rollout.add_command(watch)
rollout.add_command(rotate_key)


@rollout.command(epilog="Example: jackfield rollout start escalation 2.1.0 --least 1h --reason CHG-4471")
@click.argument("name", shell_complete=prompt_names)
@click.argument("version", shell_complete=versions)
@click.option(
    "--shares",
    metavar="LIST",
    default="5%,25%,100%",
    show_default=True,
    help="Percentages, rising to 100%.",
)
@click.option("--margin", type=float, default=0.02, show_default=True, help="A fall that is still harmless.")
@click.option("--tolerance", type=float, default=0.0, show_default=True, help="A fall that is no harm yet.")
@click.option("--alpha", type=float, default=0.05, show_default=True, help="How often it may be wrong.")
@click.option("--latency-ratio", type=float, help="The most that the 95th percentile of latency may be.")
@click.option("--token-ratio", type=float, help="The most that the mean of tokens may be.")
@click.option("--stale", type=Period(), default="1h", show_default=True, help="No outcome for so long holds.")
@click.option("--holdout", default="0%", show_default=True, help="A share that takes no part until the end.")
@click.option("--least", type=Period(), default="1h", show_default=True, help="The least a step lasts.")
@click.option("--hours", type=Week(), help="Move forward only in these hours of the week.")
@click.option("--again", is_flag=True, help="Also a version that was rolled back before.")
@common
@pass_options
def start(
    options: Options,
    name: str,
    version: str,
    *,
    shares: str,
    margin: float,
    tolerance: float,
    alpha: float,
    latency_ratio: float | None,
    token_ratio: float | None,
    stale: timedelta,
    holdout: str,
    least: timedelta,
    hours: Hours | None,
    again: bool,
) -> None:
    """Give a published version to the first share of the customers."""
    from jackfield.domain.model.evidence.guards import Guard

    with _as_typed():
        guard = Guard(
            success_margin=margin,
            tolerance=tolerance,
            alpha=alpha,
            latency_ratio=latency_ratio,
            token_ratio=token_ratio,
            stale_seconds=round(stale.total_seconds()),
        )
    with options.acting() as me, _as_typed():
        stepped = me.rollouts.start(
            name,
            version,
            shares=tuple(share.strip() for share in shares.split(",")),
            guard=guard,
            holdout=holdout,
            least=least,
            hours=hours,
            again=again,
        )
    _show(options, stepped)


@rollout.command(epilog="Example: jackfield rollout status escalation --format json")
@click.argument("name", required=False, shell_complete=prompt_names)
@common
@pass_options
def status(options: Options, name: str | None) -> None:
    """Show where a rollout is, its evidence, and its next move and why."""
    from jackfield.entrypoints.cli.output import say, show_json, table
    from jackfield.entrypoints.cli.plots import lines
    from jackfield.entrypoints.cli.rolling import status_view

    with options.core() as core:
        look = core.rollouts
        found = look.overview(fresh=True) if name is None else (look.status(name, fresh=True),)
        router = core.settings.router
    if options.json:
        show_json({"rollouts": [status_view(each) for each in found]})
    elif not found:
        click.echo("no prompt ever had a rollout; try 'jackfield rollout start NAME VERSION'")
    elif name is None:
        table(_COLUMNS, [_row(each) for each in found])
    else:
        for line in lines(found[0]):
            say(line)
        _tell_router(found[0].rollout, router)


@rollout.command(epilog="Example: jackfield rollout step escalation")
@click.argument("name", shell_complete=prompt_names)
@common
@pass_options
def step(options: Options, name: str) -> int:
    """Make the one move that the evidence allows, if there is one; exit with 6 if it takes it back."""
    from jackfield.domain.model.rollouts import Act

    with options.acting() as me:
        stepped = me.rollouts.step(name)
    _show(options, stepped)
    _tell_router(stepped.rollout, me.rollouts.router)
    return TAKEN_BACK if stepped.move.act is Act.ROLL_BACK else 0


@rollout.command(epilog="Example: jackfield rollout hold escalation --reason 'campaign until Friday'")
@click.argument("name", shell_complete=prompt_names)
@click.option("--release", is_flag=True, help="Let it go on.")
@common
@pass_options
def hold(options: Options, name: str, *, release: bool) -> None:
    """Let a rollout go no further for now; harm still takes it back."""
    with options.acting() as me:
        stepped = me.rollouts.go_on(name) if release else me.rollouts.hold(name)
    _show(options, stepped)


@rollout.command(epilog="Example: jackfield rollout stop escalation --roll-back --reason INC-118")
@click.argument("name", shell_complete=prompt_names)
@click.option("--roll-back", is_flag=True, help="Take it also from conversations that have it.")
@common
@pass_options
def stop(options: Options, name: str, *, roll_back: bool) -> None:
    """End a rollout: nobody else gets its version, and what was live stays."""
    with options.acting() as me:
        stepped = me.rollouts.stop(name, roll_back=roll_back)
    _show(options, stepped)


@rollout.command(epilog="Example: jackfield rollout explain escalation --unit customer-4711")
@click.argument("name", shell_complete=prompt_names)
@click.option("--unit", required=True, help="The customer, else the conversation.")
@click.option("--pin", help="What the conversation carries.")
@common
@pass_options
def explain(options: Options, name: str, unit: str, pin: str | None) -> None:
    """Say which version a customer gets now, and why; nobody is compared by it."""
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.cli.rolling import choice_view

    with options.core() as core:
        choice = core.prompts.choose(name, unit=unit, pin=pin)
    if options.json:
        show_json(choice_view(choice))
    else:
        say(choice.explain())


@contextmanager
def _as_typed() -> Generator[None]:
    """Name the option that a value came from, in place of the field that it went to."""
    from jackfield.domain.model.errors import InvalidInput

    try:
        yield
    except InvalidInput as error:
        error.place = _TYPED.get(error.place, error.place)
        raise


def _tell_router(rollout: Rollout, own: Router) -> None:
    """Say in a line that this machine would send the units otherwise than the rollout that runs."""
    from jackfield.entrypoints.cli.output import say

    theirs = rollout.plan.router
    if not rollout.ended and theirs is not own:
        note = f"note: this machine's router is {own}, the rollout's is {theirs}"
        say(f'{note}: set router = "{theirs}" for the target here', err=True)


def _show(options: Options, stepped: Stepped) -> None:
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.cli.rolling import stepped_view

    if options.json:
        show_json(stepped_view(stepped))
        return
    for finding in stepped.findings:
        say(str(finding))
    say(str(stepped))


def _row(found: RolloutStatus) -> tuple[str, ...]:
    from jackfield.domain.model.shares import share_text
    from jackfield.entrypoints.cli.plots import e_text, period_text

    rollout, figures = found.rollout, found.verdict and found.verdict.figures
    rate = figures and figures.treatment_rate
    why = rollout.why if rollout.ended else found.next.why
    return (
        found.prompt,
        rollout.candidate,
        f"{rollout.phase}, {period_text(found.lasted)}",
        share_text(rollout.share),
        f"{100 * rate.estimate:.1f} % of {figures.treatment.outcomes}" if figures and rate else "-",
        f"e {e_text(figures.log_e_harm)} of {e_text(figures.log_limit)}" if figures else "-",
        f"{'ended' if rollout.ended else found.next.act}: {'; '.join(why)}",
    )
