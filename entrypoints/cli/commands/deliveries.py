"""`jackfield deliveries`: who hears of what was done, what waits, and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.services.deliveries import DestinationStatus

_DEFAULT_S: Final = 60
_COLUMNS: Final = (
    "destination",
    "state",
    "delivered",
    "behind",
    "waiting",
    "dead",
    "next try (UTC)",
    "trouble",
)


@click.group(
    invoke_without_command=True,
    short_help="Destinations: list, run, retry, discard.",
    epilog="Example: jackfield deliveries run",
)
@common
@click.pass_context
def deliveries(context: click.Context) -> None:
    """Deliveries of what was done to webhooks and other destinations. Without a subcommand: list."""
    if context.invoked_subcommand is None:
        context.invoke(list_deliveries)


@deliveries.command("list", epilog="Example: jackfield deliveries list --format json")
@common
@pass_options
def list_deliveries(options: Options) -> None:
    """List the destinations: how far each is, what waits, what is dead."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.views import destination_view

    with options.core() as core:
        found = core.deliveries.status()
    if options.json:
        show_json({"destinations": [destination_view(each) for each in found]})
    elif not found:
        click.echo("there is no destination: a table such as [plugins.webhooks] of jackfield.toml makes one")
    else:
        table(_COLUMNS, [_row(each) for each in found])


def _row(found: DestinationStatus) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    return (
        found.name,
        found.stand.value,
        str(found.delivered),
        str(found.behind),
        str(len(found.waiting)),
        str(len(found.dead)),
        "-" if found.next_try is None else time_text(found.next_try),
        found.disabled or (found.troubles[-1] if found.troubles else "-"),
    )


@deliveries.command(epilog="Example: jackfield deliveries run --for 300")
@click.option(
    "--for",
    "seconds",
    type=click.IntRange(0, 86_400),
    default=_DEFAULT_S,
    show_default=True,
    help="Begin nothing after so many seconds.",
)
@common
@pass_options
def run(options: Options, seconds: int) -> int:
    """Deliver what is due, once; for cron. What fails waits for its next try.

    Several may run at the same time: each destination is served by one of them.
    """
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.cli.views import passed_view

    with options.core(bulk=True) as core:
        passed = core.deliveries.run(timedelta(seconds=seconds))
    if options.json:
        show_json({"destinations": [passed_view(each) for each in passed]})
    for each in () if options.json else passed:
        if each.busy:
            say(f"{each.name}: another process is at it")
        else:
            trouble = f", broke off: {each.trouble}" if each.trouble else ""
            say(f"{each.name}: {each.delivered} delivered, {each.failed} not, {each.died} dead{trouble}")
    return 5 if any(each.trouble for each in passed) else 0


@deliveries.command(epilog="Example: jackfield deliveries retry registry --reason 'it is up again'")
@click.argument("name")
@click.option("--entry", "entries", type=int, multiple=True, metavar="N", help="This entry; may be repeated.")
@common
@pass_options
def retry(options: Options, name: str, entries: tuple[int, ...]) -> None:
    """Try dead letters, and what waits, again now; a destination that was disabled hears again."""
    with options.core() as core:
        actor, reason = options.who_and_why()
        count = core.delivering_as(actor, reason=reason).retry(name, entries)
        core.deliveries.run(core.settings.deliveries.deadline)
    _say(options, name, "retried", count)


@deliveries.command(epilog="Example: jackfield deliveries discard registry --entry 118")
@click.argument("name")
@click.option("--entry", "entries", type=int, multiple=True, metavar="N", help="This entry; may be repeated.")
@click.option("--everything", is_flag=True, help="All that the log holds and that is not delivered.")
@common
@pass_options
def discard(options: Options, name: str, entries: tuple[int, ...], *, everything: bool) -> None:
    """Give dead letters up, all or some; what is discarded is never shown as delivered."""
    if everything and entries:
        raise click.UsageError("name entries, or --everything")
    with options.core() as core:
        actor, reason = options.who_and_why()
        acting = core.delivering_as(actor, reason=reason)
        count = acting.skip(name) if everything else acting.discard(name, entries)
    _say(options, name, "discarded", count)


def _say(options: Options, name: str, word: str, count: int) -> None:
    from jackfield.entrypoints.cli.output import say, show_json

    if options.json:
        show_json({"name": name, word: count})
    else:
        say(f"{name}: {count} {word}" if count else f"{name}: nothing was to be {word}")
