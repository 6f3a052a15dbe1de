"""`jackfield backup`: a copy of the whole ledger, taken while others go on working."""

from __future__ import annotations

from pathlib import Path

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options


@click.command(
    short_help="Copy the ledger while others use it.", epilog="Example: jackfield backup ledger-0721.db"
)
@click.argument("path", type=NamedPath())
@common
@pass_options
def backup(options: Options, path: Path) -> None:
    """Write the whole ledger to the new file PATH, checked and verified.

    It holds every prompt, version and audit entry of the target; of the embedded simulator's platform it
    holds nothing. The file is yours alone to read.
    """
    from jackfield.entrypoints.cli.output import say, show_json

    with options.core() as core:
        held = core.backup(path)
    options.output.done = True
    if options.json:
        show_json(
            {"path": str(path), "entries": held.entries, "head": held.head, "bytes": path.stat().st_size}
        )
    else:
        say(f"{held.entries} entries, and all that they tell of, copied to {path}")
        say(f"head {held.head}")
