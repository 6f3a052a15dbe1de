"""`jackfield sessions report`: what became of sessions, by the definitions of the documentation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.moments import Time
from jackfield.entrypoints.cli.options import Options, pass_options, with_formats

if TYPE_CHECKING:
    from jackfield.domain.model.sessions.figures import Figures
    from jackfield.domain.services.sessions.reads import Reported

_COLUMNS: Final = (
    *("sessions", "contained", "functionally", "escalated", "left bot", "left queue", "resolved"),
    *("p50 s", "p95 s", "end p50 s", "end p95 s"),
)


@click.command(
    short_help="Sum up the sessions that are over.",
    epilog="Example: jackfield sessions report --by intent --since 30d",
)
@click.option("--by", type=click.Choice(["bot", "intent", "version", "day"]), help="Also a line for each.")
@click.option("--bot", metavar="NAME", help="Of this bot alone.")
@click.option(
    "--since", metavar="TIME", type=Time(), help="Begun from then on.  [default: 7 d before the end]"
)
@click.option("--until", metavar="TIME", type=Time(), help="Begun before then.  [default: now]")
@with_formats("table", "json", "csv")
@pass_options
def report(
    options: Options,
    *,
    by: str | None,
    bot: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Sum up the sessions that are over, each once: containment, escalation, abandonment, resolution, times.

    Where there is nothing that a figure could be of, it is '-', or null.
    """
    from jackfield.entrypoints.cli.lived import report_view
    from jackfield.entrypoints.cli.output import show_json

    with options.core() as core:
        found = core.sessions.report(since=since, until=until, by=by, bot=bot)
    if options.json:
        show_json(report_view(found))
    elif options.format == "csv":
        _write_csv(found)
    else:
        _draw(found)


def _draw(found: Reported) -> None:
    from jackfield.entrypoints.cli.output import table
    from jackfield.entrypoints.cli.views import time_text

    click.echo(f"begun from {time_text(found.since)} to {time_text(found.until)} UTC, and over")
    if not found.whole.sessions:
        click.echo("no session began in that time and is over; 'jackfield sessions list' shows the open ones")
    rows = [
        ("(none told)" if group.key is None else group.key, *_cells(group.figures)) for group in found.groups
    ]
    table((found.by or "", *_COLUMNS), [*rows, ("all", *_cells(found.whole))])
    for what, counts in (
        ("ended by", found.whole.end_reasons),
        ("handed off for", found.whole.escalation_reasons),
    ):
        told = ", ".join(f"{reason} {count}" for reason, count in counts.items())
        if told:
            click.echo(f"{what}: {told}")


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        str(figures.sessions),
        _percent(figures.containment),
        _percent(figures.functional_containment),
        _percent(figures.escalation_rate),
        _percent(figures.abandonment_bot),
        _percent(figures.abandonment_queue),
        _percent(figures.resolution_rate),
        _seconds(figures.duration_p50_ms),
        _seconds(figures.duration_p95_ms),
        _seconds(figures.termination_p50_ms),
        _seconds(figures.termination_p95_ms),
    )


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"


def _seconds(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.1f}"


def _write_csv(found: Reported) -> None:
    """Write a line a group, and `all` last."""
    from jackfield.entrypoints.cli.lived import FIGURES, figures_view
    from jackfield.entrypoints.cli.sheets import show_csv

    groups = [(group.key, group.figures) for group in found.groups]
    rows = [{"group": key, **figures_view(figures)} for key, figures in [*groups, ("all", found.whole)]]
    show_csv(("group", *FIGURES), rows)
