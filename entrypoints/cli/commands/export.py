"""`jackfield export`: a prompt's metadata for other programs."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(
    short_help="Send a live prompt's metadata to a URL or a file.",
    epilog="Example: jackfield export escalation --to https://registry.example/prompts",
)
@click.argument("name", shell_complete=prompt_names)
@click.option("--to", required=True, metavar="URL|FILE", help="Where to: https://…, or a new file.")
@common
@pass_options
def export(options: Options, name: str, to: str) -> None:
    """Send what is live of a prompt on the platform to a URL, by one POST, or write it to a new file.

    The audit log tells of it. A URL is called once: if no answer tells whether it was taken, that is the
    error, and nothing is sent again.
    """
    from jackfield.domain.model.events import timestamp
    from jackfield.entrypoints.cli.output import say, show_json

    with options.acting() as me:
        done = me.prompts.export(name, to=to)
    if options.json:
        show_json(
            {"name": done.name, "version": done.version, "target": done.target, "time": timestamp(done.time)}
        )
    else:
        say(f"{done.name} {done.version} exported to {done.target}")
