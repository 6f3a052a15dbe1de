"""`jackfield promote`: a version goes live."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.completing import prompt_names, versions
from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(
    short_help="Make a version live.", epilog="Example: jackfield promote escalation 2.1.0 --reason CHG-4471"
)
@click.argument("name", shell_complete=prompt_names)
@click.argument("version", shell_complete=versions)
@click.option(
    "--expecting", metavar="VERSION", shell_complete=versions, help="Refuse if something else is live now."
)
@click.option("--force", is_flag=True, help="Overwrite what somebody edited on the platform.")
@common
@pass_options
def promote(options: Options, name: str, version: str, expecting: str | None, *, force: bool) -> None:
    """Make a published version live for everybody."""
    from jackfield.entrypoints.cli.moves import show_move

    with options.acting() as me:
        wanted = me.prompts.version(name, version)
        expected = None if expecting is None else me.prompts.version(name, expecting)
        moved = me.prompts.promote(wanted, expecting=expected, force=force)
    options.output.done = True
    show_move(options, moved)
