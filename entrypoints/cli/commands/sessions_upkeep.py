"""`jackfield sessions catch-up` and `recover`: for cron, what was missed and what was left."""

from __future__ import annotations

from datetime import datetime

import click

from jackfield.entrypoints.cli.moments import Time
from jackfield.entrypoints.cli.options import Number, Options, pass_options, with_formats

_INTERRUPTED = "interrupted; what was recorded stays, and the same again goes on"


@click.command(
    "catch-up",
    short_help="End what ended while nobody listened.",
    epilog="Example: jackfield sessions catch-up --since 24h",
)
@click.option(
    "--since", metavar="TIME", type=Time(), help="Begun from then on.  [default: as the oldest open session]"
)
@click.option("--until", metavar="TIME", type=Time(), help="Begun before then.  [default: now]")
@with_formats("table", "json", "csv")
@pass_options
def catch_up(options: Options, *, since: datetime | None, until: datetime | None) -> None:
    """End the sessions that are over at the platform and still open here; again is no harm."""
    from jackfield.entrypoints.cli.lived import caught_view
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.sheets import show_csv

    options.interrupted = _INTERRUPTED
    with options.core(bulk=True) as core:
        found = core.sessions.catch_up(since, until)
    view = caught_view(found)
    if options.json:
        show_json(view)
    elif options.format == "csv":
        show_csv(tuple(view), [view])
    else:
        names = ("ended", "known", "foreign", "unread")
        table(("ended now", "known", "none of ours", "unread"), [tuple(str(view[name]) for name in names)])


@click.command(
    short_help="Settle what crashes left, and end what is too old.",
    epilog="Example: jackfield sessions recover",
)
@click.option(
    "--limit", type=Number(1, 100_000), metavar="N", default=1_000, show_default=True, help="The most."
)
@with_formats("table", "json", "csv")
@pass_options
def recover(options: Options, *, limit: int) -> int:
    """Settle sessions that were left in the middle of a call, and end those whose time is over.

    Several may run at the same time. The exit code is 5 if some could not be settled yet.
    """
    from jackfield.entrypoints.cli.lived import recovered_view
    from jackfield.entrypoints.cli.output import say, show_json, table
    from jackfield.entrypoints.cli.sheets import show_csv
    from jackfield.entrypoints.cli.views import time_text

    options.interrupted = _INTERRUPTED
    with options.core(bulk=True) as core:
        found = core.sessions.recover(limit=limit)
    settled = sum(found.settled.values())
    counts = {
        "open": found.open,
        "settled": settled,
        "expired": found.expired,
        "failed": len(found.failed),
        "left": found.left,
        "waiting": found.waiting,
    }
    if options.json:
        show_json(recovered_view(found))
    elif options.format == "csv":
        show_csv(tuple(counts), [counts])
    else:
        table(tuple(counts), [tuple(map(str, counts.values()))])
        if found.due is not None:
            click.echo(f"{found.waiting} not due yet; the first at {time_text(found.due)} UTC")
    for session, error in found.failed.items():
        say(f"{session}: {error}", err=True)
    return 5 if found.failed else 0
