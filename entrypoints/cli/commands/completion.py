"""`jackfield completion`: the script that teaches a shell to complete the command."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.options import common


@click.command(
    short_help="Print the shell's completion script.",
    epilog='Example: eval "$(jackfield completion bash)"',
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@common
def completion(shell: str) -> None:
    """Print the script for SHELL: subcommands, options, targets, prompts and versions are then completed.

    Prompts and versions come from the ledger; the platform is never asked.
    """
    from click.shell_completion import get_completion_class

    from jackfield.entrypoints.cli.group import jackfield

    kind = get_completion_class(shell)
    if kind is None:
        raise AssertionError("unreachable: click knows the three shells")
    click.echo(kind(jackfield, {}, "jackfield", "_JACKFIELD_COMPLETE").source())
