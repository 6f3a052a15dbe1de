"""`jackfield sessions notices`: whether the platform tells of ends, and where to."""

from __future__ import annotations

from typing import Final

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options, with_formats

_INTERRUPTED: Final = "interrupted; 'jackfield sessions notices show' shows what is registered"


@click.group(
    short_help="Notices of ends: register, show, remove.",
    epilog="Example: jackfield sessions notices register https://hooks.example.com/sessions",
)
@common
def notices() -> None:
    """Notices of ends, which the platform sends to a URL: register, show, remove."""


@notices.command(epilog="Example: jackfield sessions notices register https://hooks.example.com/sessions")
@click.argument("url", required=False)
@common
@pass_options
def register(options: Options, url: str | None) -> None:
    """Have the platform tell of ends; twice is one webhook, and a new secret replaces the old one.

    Without a URL it is that of [sessions.notices].
    """
    from jackfield.entrypoints.cli.output import say, show_json

    options.interrupted = _INTERRUPTED
    with options.acting() as me:
        found = me.sessions.register_notices(url)
    if options.json:
        show_json({"id": found.id, "name": found.name, "current": found.current})
    else:
        say(f"{found.id}: registered as {found.name}")


@notices.command(epilog="Example: jackfield sessions notices show")
@click.argument("url", required=False)
@with_formats("table", "json", "csv")
@pass_options
def show(options: Options, url: str | None) -> None:
    """Show our webhooks to the URL, and whether each signs with the current secret."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.sheets import show_csv

    with options.core() as core:
        found = core.sessions.notices(url)
    views = [{"id": each.id, "name": each.name, "current": each.current} for each in found]
    if options.json:
        show_json({"notices": views})
    elif options.format == "csv":
        show_csv(("id", "name", "current"), views)
    elif found:
        rows = [(each.id, each.name, "current" if each.current else "of another secret") for each in found]
        table(("webhook", "name", "secret"), rows)
    else:
        click.echo("none is registered; 'jackfield sessions notices register' does it")


@notices.command(epilog="Example: jackfield sessions notices remove https://hooks.example.com/sessions")
@click.argument("url", required=False)
@common
@pass_options
def remove(options: Options, url: str | None) -> None:
    """Remove our webhooks to the URL; none is no error."""
    from jackfield.entrypoints.cli.output import say, show_json

    options.interrupted = _INTERRUPTED
    with options.acting() as me:
        count = me.sessions.remove_notices(url)
    if options.json:
        show_json({"removed": count})
    else:
        say(f"{count} removed")
