"""The options that every subcommand takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import define

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Acting, Core

F = TypeVar("F", bound=Callable[..., Any])


@define
class Options:
    """What was given on the command line; None where nothing was."""

    target: str | None = None
    actor: str | None = None
    reason: str | None = None
    format: str = "table"
    verbose: bool = False

    @property
    def json(self) -> bool:
        """Whether output is for programs."""
        return self.format == "json"

    @contextmanager
    def core(self) -> Generator[Core]:
        """Open the target that was named."""
        from jackfield.entrypoints.bootstrap import open_core

        with self._logs(), open_core(self.target) as core:
            yield core

    def _logs(self) -> AbstractContextManager[None]:
        if not self.verbose:
            return nullcontext()
        from jackfield.entrypoints.cli.logs import shown_logs

        return shown_logs()

    @contextmanager
    def acting(self) -> Generator[Acting]:
        """Open the target for changes, by the actor and for the reason that were named or found."""
        from jackfield.entrypoints.cli.actor import actor, reason

        with self.core() as core:
            command = click.get_current_context().command_path
            yield core.acting_as(
                actor() if self.actor is None else self.actor,
                reason=reason(command) if self.reason is None else self.reason,
            )


class NamedPath(click.ParamType[Path]):
    """A path; an empty one, such as of a variable that is not set, would be the working folder."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Read the text."""
        if not value:
            self.fail("a path is empty; name a file or a folder", param, ctx)
        return Path(value)


def _keep(context: click.Context, parameter: click.Parameter, value: str | bool | None) -> None:
    options = context.ensure_object(Options)
    if value is not None and value is not False:
        setattr(options, parameter.name, value)


def common(command: F) -> F:
    """Add the options; read them from the context's `Options`."""
    for decorate in (
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            callback=_keep,
            expose_value=False,
            help="Tell of each call to the platform on standard error.",
        ),
        click.option(
            "--format",
            type=click.Choice(("table", "json")),
            callback=_keep,
            expose_value=False,
            help="Output for people or for programs.  [default: table]",
        ),
        click.option(
            "--reason", metavar="TEXT", callback=_keep, expose_value=False, help="Why, for the audit log."
        ),
        click.option(
            "--actor",
            metavar="WHO",
            callback=_keep,
            expose_value=False,
            help="Who, for the audit log.  [default: the user or CI job found in the environment]",
        ),
        click.option(
            "--target",
            metavar="NAME",
            callback=_keep,
            expose_value=False,
            help="A target of jackfield.toml.  [default: JACKFIELD_TARGET, the file's, the simulator]",
        ),
    ):
        command = decorate(command)
    return command


pass_options = click.make_pass_decorator(Options, ensure=True)
