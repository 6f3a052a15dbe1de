"""`jackfield log`: what was live when."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(short_help="Show what was live when.", epilog="Example: jackfield log escalation")
@click.argument("name", shell_complete=prompt_names)
@common
@pass_options
def log(options: Options, name: str) -> None:
    """Show a prompt's history, oldest first; what is live is the last entry."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.views import log_view, time_text

    with options.core() as core:
        entries = core.prompts.log(name)
    if options.json:
        show_json({"name": name, "log": [log_view(e) for e in entries]})
        return
    rows = [
        (
            str(e.number),
            e.activation.version,
            e.activation.move + (f" to #{e.activation.restores}" if e.activation.restores else ""),
            time_text(e.activation.time),
            e.activation.actor,
            e.activation.reason,
        )
        for e in entries
    ]
    table(("#", "version", "how", "when (UTC)", "by", "why"), rows)
