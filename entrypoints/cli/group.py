"""The table of subcommands; a module is imported when its command is called or listed."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from jackfield.entrypoints.cli.options import common

_COMMANDS: Final = {
    "check": "check",
    "publish": "publish",
    "promote": "promote",
    "rollback": "rollback",
    "unfreeze": "rollback",
    "status": "status",
    "log": "log",
    "diff": "diff",
    "audit": "audit",
    "simulate": "simulate",
    "demo": "demo",
}


class Subcommands(click.Group):
    """Subcommands in the order of the table, each from its own module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name every subcommand."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import the subcommand's module."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"jackfield.entrypoints.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.command(
    cls=Subcommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: jackfield demo",
)
@click.version_option(package_name="jackfield", message="jackfield %(version)s")
@common
def jackfield() -> None:
    """Prompts for Genesys Cloud's AI from file to production: checked, versioned, audited.

    Without a jackfield.toml, everything happens on an embedded simulator.
    """
