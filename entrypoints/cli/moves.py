"""Showing what a promotion or a rollback did."""

from __future__ import annotations

import click

from jackfield.domain.services.prompts import Moved
from jackfield.entrypoints.cli.options import Options
from jackfield.entrypoints.cli.output import say, show_json
from jackfield.entrypoints.cli.views import finding_view


def show_move(options: Options, moved: Moved) -> None:
    """Write one line, or the JSON form."""
    if options.json:
        show_json(
            {
                "name": moved.name,
                "before": moved.before,
                "live": moved.after,
                "changed": moved.changed,
                "frozen": moved.frozen,
                "findings": [finding_view(f) for f in moved.findings],
            }
        )
        return
    for finding in moved.findings:
        say(str(finding))
    if not moved.changed:
        click.echo(f"{moved.name} {moved.after} is live already")
        return
    if moved.before == moved.after:
        click.echo(f"{moved.name} {moved.after} was put live on the platform again")
        return
    click.echo(f"{moved.name} {moved.after} is live (before: {moved.before or 'nothing'})")
    if moved.frozen:
        click.echo(f"{moved.frozen} is frozen: nobody publishes until 'jackfield unfreeze {moved.name}'")
