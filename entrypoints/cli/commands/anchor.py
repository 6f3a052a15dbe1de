"""`jackfield audit anchor`: the head of the log, to be kept where nobody here can write."""

from __future__ import annotations

from pathlib import Path

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options


@click.command(
    short_help="Take the log's head, to keep it elsewhere.",
    epilog="Example: jackfield audit anchor --output anchors.jsonl",
)
@click.option(
    "--output", metavar="FILE", type=NamedPath(), help="Append to this file.  [default: standard output]"
)
@common
@pass_options
def anchor(options: Options, output: Path | None) -> None:
    """Write the newest entry's position and hash as a line of JSON.

    Keep it where whoever writes the ledger cannot write: 'audit verify --anchor' finds a log that was cut
    or rewritten since. Nothing signs it.
    """
    from jackfield.entrypoints.cli.output import say
    from jackfield.entrypoints.files.anchors import anchor_line, append_anchor

    with options.core() as core:
        taken = core.audit.anchor()
    if output is None:
        click.echo(anchor_line(taken), nl=False)
        return
    append_anchor(output, taken)
    options.output.done = True
    say(f"entry {taken.position} anchored in {output}", err=True)
