"""`jackfield metrics`: how a prompt does, as the platform measured it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.moments import Time
from jackfield.entrypoints.cli.options import Options, pass_options, with_formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jackfield.domain.model.metrics import Group, Skip, Summary
    from jackfield.domain.services.metrics import PromptSummary, PromptTotals

_COLUMNS: Final = ("requests", "success", "mean ms", "p50 ms", "p95 ms", "tokens", "tokens each")
_FORMULAS: Final = ("=", "+", "-", "@")


@click.command(
    short_help="Show how a prompt does.",
    epilog="Example: jackfield metrics escalation --by version --since 7d",
)
@click.argument("name", shell_complete=prompt_names)
@click.option("--by", type=click.Choice(["version", "arm", "day"]), help="Also a line for each of these.")
@click.option("--since", metavar="TIME", type=Time(), help="From then on.  [default: 24 h before the end]")
@click.option("--until", metavar="TIME", type=Time(), help="Before then.  [default: now]")
@click.option("--totals", is_flag=True, help="The platform's own sums, by one call.")
@with_formats("table", "json", "csv")
@pass_options
def metrics(
    options: Options,
    name: str,
    *,
    by: str | None,
    since: datetime | None,
    until: datetime | None,
    totals: bool,
) -> None:
    """Show requests, success, latency and tokens of a prompt, as the platform measured them.

    Of no request there is no mean: '-', or null. A record that does not count is told of, by why.
    """
    if totals and (by is not None or options.format == "csv"):
        raise click.UsageError("--totals goes with neither --by nor csv")
    with options.core(bulk=True) as core:
        if totals:
            _show_totals(options, core.metrics.totals(name, since=since, until=until))
        else:
            _show(options, core.metrics.of(name, since=since, until=until, by=by))


def _show(options: Options, found: PromptSummary) -> None:
    from jackfield.entrypoints.cli.measured import metrics_view
    from jackfield.entrypoints.cli.output import show_json, table

    if options.json:
        show_json(metrics_view(found))
    elif options.format == "csv":
        _write_csv(found)
    else:
        click.echo(_head(found))
        rows = [(_key(group), *_cells(group.summary)) for group in found.summaries.groups]
        table((found.by or "", *_COLUMNS), [*rows, ("all", *_cells(found.summaries.whole))])
        _tell_skips(found.summaries.skipped)


def _show_totals(options: Options, found: PromptTotals) -> None:
    from jackfield.entrypoints.cli.measured import totals_view
    from jackfield.entrypoints.cli.output import show_json, table

    if options.json:
        show_json(totals_view(found))
        return
    told = found.totals
    click.echo(_head(found))
    row = (
        str(told.requests),
        _percent(told.success),
        _number(told.latency_ms),
        _number(told.latency_p95_ms),
        _whole(told.tokens),
    )
    table(("requests", "success", "mean ms", "p95 ms", "tokens"), [row])


def _head(found: PromptSummary | PromptTotals) -> str:
    from jackfield.entrypoints.cli.views import time_text

    return f"{found.name}, {time_text(found.since)} to {time_text(found.until)} UTC"


def _key(group: Group) -> str:
    return "no variant" if group.key is None else group.key


def _cells(summary: Summary) -> tuple[str, ...]:
    return (
        str(summary.requests),
        _percent(summary.success),
        _number(summary.latency_ms),
        _number(summary.latency_p50_ms),
        _number(summary.latency_p95_ms),
        _whole(summary.tokens),
        _number(summary.tokens_mean),
    )


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.2f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _whole(value: int | None) -> str:
    return "-" if value is None else str(value)


def _tell_skips(skipped: Mapping[Skip, int]) -> None:
    """Say on standard error what came and was not counted."""
    for line in _skips(skipped):
        click.echo(line, err=True)


def _skips(skipped: Mapping[Skip, int]) -> Iterator[str]:
    for why, count in skipped.items():
        yield f"{count} record{'s' * (count != 1)} not counted: {why}"


def _cell(text: str) -> str:
    """Return *text* as a cell that no spreadsheet takes for a formula, and that can be written."""
    from jackfield.entrypoints.cli.output import printable

    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown


def _write_csv(found: PromptSummary) -> None:
    """Write a line a group, and `all` last; what is not counted goes to standard error."""
    import csv
    import io

    from jackfield.entrypoints.cli.measured import summary_view

    groups = [(_cell(group.key or ""), group.summary) for group in found.summaries.groups]
    views = [
        {"group": key, **summary_view(summary)} for key, summary in [*groups, ("all", found.summaries.whole)]
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(views[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(views)
    click.echo(text.getvalue(), nl=False)
    _tell_skips(found.summaries.skipped)
