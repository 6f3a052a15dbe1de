"""The table of subcommands; a module is imported when its command is called or listed."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from jackfield.domain.model.errors import JackfieldError
from jackfield.entrypoints.cli import foreign
from jackfield.entrypoints.cli.options import common

COMMANDS: Final = {
    "check": "check",
    "plan": "plan",
    "apply": "apply",
    "publish": "publish",
    "promote": "promote",
    "rollback": "rollback",
    "unfreeze": "rollback",
    "rollout": "rollout",
    "status": "status",
    "log": "log",
    "diff": "diff",
    "metrics": "metrics",
    "export": "export",
    "ask": "ask",
    "sessions": "sessions",
    "advice": "advice",
    "audit": "audit",
    "deliveries": "deliveries",
    "backup": "backup",
    "plugins": "plugins",
    "doctor": "doctor",
    "serve": "serve",
    "simulate": "simulate",
    "completion": "completion",
    "demo": "demo",
}


class Subcommands(click.Group):
    """Subcommands in the order of the table, each from its own module; then those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every subcommand."""
        return [*COMMANDS, *foreign.names(ctx, COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand's module; plugins are asked for what is not in the table."""
        if cmd_name not in COMMANDS:
            return foreign.find(ctx, cmd_name, COMMANDS)
        module = import_module(f"jackfield.entrypoints.cli.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for one that is not there, name the one that is most like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            for close in get_close_matches(args[0], self.list_commands(ctx), 1):
                raise click.UsageError(f"{error.message} Did you mean {close!r}?", ctx=error.ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand; what a plugin's lets escape is said as ours."""
        try:
            return super().invoke(ctx)
        except JackfieldError as error:
            foreign.hide(ctx, error)
            raise
        except _OURS:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever a plugin may raise; ours is raised again
            foreign.broke_off(ctx, error)


_OURS: Final = (
    KeyboardInterrupt,
    click.Abort,
    click.ClickException,
    click.exceptions.Exit,
)


@click.command(
    cls=Subcommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: jackfield demo",
)
@click.version_option(package_name="jackfield", message="jackfield %(version)s")
@common
def jackfield() -> None:
    """Run AI on Genesys Cloud: prompts, rollouts, assistants, sessions, advice, and a service for all of it.

    Without a jackfield.toml, everything happens on an embedded simulator.
    """
