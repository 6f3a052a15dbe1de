"""Showing what a promotion or a rollback did."""

from __future__ import annotations

import click

from jackfield.domain.services.prompts import Moved
from jackfield.entrypoints.cli.options import Options
from jackfield.entrypoints.cli.output import show_json


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
            }
        )
        return
    if not moved.changed:
        click.echo(f"{moved.name} {moved.after} is live already")
        return
    if moved.before == moved.after:
        click.echo(f"{moved.name} {moved.after} was put live on the platform again")
        return
    click.echo(f"{moved.name} {moved.after} is live (before: {moved.before or 'nothing'})")
    if moved.frozen:
        click.echo(f"{moved.frozen} is frozen: nobody publishes until 'jackfield unfreeze {moved.name}'")
