"""`jackfield rollback` and `jackfield unfreeze`: an earlier version goes live again."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.completing import prompt_names, versions
from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(
    short_help="Make an earlier version live again.",
    epilog="Example: jackfield rollback escalation --freeze --reason INC-118",
)
@click.argument("name", shell_complete=prompt_names)
@click.option(
    "--to",
    metavar="VERSION",
    shell_complete=versions,
    help="Any published version.  [default: what was live before]",
)
@click.option("--freeze", is_flag=True, help="Also keep everybody from publishing, until 'unfreeze'.")
@common
@pass_options
def rollback(options: Options, name: str, to: str | None, *, freeze: bool) -> None:
    """Make an earlier version live again; a second rollback goes one further back."""
    from jackfield.entrypoints.cli.moves import show_move

    with options.acting() as me:
        moved = me.prompts.roll_back(name, to=to, freeze=freeze)
    options.output.done = True
    show_move(options, moved)


@click.command(
    short_help="Let versions be published again.",
    epilog="Example: jackfield unfreeze escalation --reason 'INC-118 is closed'",
)
@click.argument("name", shell_complete=prompt_names)
@common
@pass_options
def unfreeze(options: Options, name: str) -> None:
    """Clear a prompt's rollback directives, so that versions can be published again."""
    from jackfield.entrypoints.cli.output import show_json

    with options.acting() as me:
        cleared = me.prompts.unfreeze(name)
    options.output.done = True
    if options.json:
        show_json({"name": name, "cleared": list(cleared)})
    else:
        click.echo(f"{name}: {'cleared on ' + ', '.join(cleared) if cleared else 'no version is frozen'}")
