"""`jackfield sessions`: sessions of customers with bots, why they went so, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.commands.session_crm import crm
from jackfield.entrypoints.cli.commands.sessions_explain import explain
from jackfield.entrypoints.cli.commands.sessions_notices import notices
from jackfield.entrypoints.cli.commands.sessions_report import report
from jackfield.entrypoints.cli.commands.sessions_upkeep import catch_up, recover
from jackfield.entrypoints.cli.moments import Time
from jackfield.entrypoints.cli.options import Number, Options, common, pass_options, with_formats

if TYPE_CHECKING:
    from jackfield.domain.services.sessions.recorded.views import SessionView
    from jackfield.entrypoints.cli.views import View

_STANDINGS: Final = (
    "reserved",
    "active",
    "handing over",
    "with people",
    "closing",
    "closed",
    "released",
)
_COLUMNS: Final = ("session", "bot", "standing", "began (UTC)", "turns", "mood", "hand-offs", "end")
_CSV: Final = (
    *("id", "bot", "customer", "conversation", "language", "standing", "started", "turns", "intent", "mood"),
    *("queue", "escalation"),
)


@click.group(
    short_help="Sessions: list, show, explain, report, crm; catch-up, recover, notices.",
    epilog="Example: jackfield sessions list --standing active",
)
@common
def sessions() -> None:
    """Sessions of customers with bots: list, show, explain, report, crm; catch-up, recover, notices."""


for command in (explain, report, crm, catch_up, recover, notices):
    sessions.add_command(command)


@sessions.command(
    "list",
    short_help="List sessions, the newest first.",
    epilog="Example: jackfield sessions list --bot retail",
)
@click.option("--bot", metavar="NAME", help="Of this bot.")
@click.option("--standing", type=click.Choice(_STANDINGS), help="Which are there.")
@click.option("--since", metavar="TIME", type=Time(), help="Begun from then on.")
@click.option("--until", metavar="TIME", type=Time(), help="Begun before then.")
@click.option(
    "--limit", type=Number(1, 10_000), metavar="N", default=100, show_default=True, help="The most."
)
@with_formats("table", "json", "csv")
@pass_options
def list_sessions(
    options: Options,
    *,
    bot: str | None,
    standing: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> None:
    """List sessions, the newest first: where each is, how many turns it has had, and how it ended."""
    from jackfield.entrypoints.cli.lived import session_view
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.sheets import show_csv

    with options.core() as core:
        found = core.sessions.list(bot=bot, standing=standing, since=since, until=until, limit=limit)
    if options.json:
        show_json({"sessions": [session_view(each) for each in found]})
    elif options.format == "csv":
        show_csv((*_CSV, "resolution", "reason"), [_flat(each) for each in found])
    elif found:
        table(_COLUMNS, [_row(each) for each in found])
    else:
        click.echo(_none(bot, standing, since, until))


def _none(bot: str | None, standing: str | None, since: datetime | None, until: datetime | None) -> str:
    """Say what nothing was found of."""
    of = "" if bot is None else f" of the bot {bot}"
    where = "" if standing is None else f" is {standing}"
    when = "" if since is None and until is None else " began in that time"
    if not of and not where and not when:
        return "there is no session yet"
    return f"no session{of}{when}{' and' if when and where else ''}{where}" + (
        "" if when or where else " is there"
    )


@sessions.command(
    short_help="Show one session.", epilog="Example: jackfield sessions show 0f8fad5bd9cb469fa165"
)
@click.argument("session")
@with_formats("table", "json", "csv")
@pass_options
def show(options: Options, session: str) -> None:
    """Show one session as it is now; its attributes are not shown."""
    from jackfield.entrypoints.cli.lived import session_view
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.sheets import show_csv

    with options.core() as core:
        found = core.sessions.get(session)
    if options.json:
        show_json(session_view(found))
    elif options.format == "csv":
        show_csv((*_CSV, "resolution", "reason"), [_flat(found)])
    else:
        table(("what", "value"), [(name, _text(value)) for name, value in _lines(found)])


def _flat(found: SessionView) -> dict[str, object]:
    from jackfield.entrypoints.cli.lived import session_view

    view = session_view(found)
    end = view["end"] or {"resolution": None, "reason": None}
    return {**{name: view[name] for name in _CSV}, "resolution": end["resolution"], "reason": end["reason"]}


def _row(found: SessionView) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    return (
        found.id,
        found.bot,
        found.standing.value + ("*" if found.settling else ""),
        time_text(found.started),
        str(found.turns),
        "-" if found.mood is None else f"{found.mood:.2f}",
        str(len(found.handoffs)),
        "-" if found.end is None else f"{found.end.resolution} ({found.end.reason})",
    )


def _lines(found: SessionView) -> list[tuple[str, object]]:
    from jackfield.entrypoints.cli.lived import session_view

    view = dict(session_view(found))
    end: View = view.pop("end") or {}
    return [*view.items(), *((f"end: {name}", value) for name, value in end.items())]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"  # pyright: ignore[reportUnknownArgumentType]  # of texts
    return "-" if value is None else str(value)
