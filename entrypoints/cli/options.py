"""The options that every subcommand takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from attrs import define, field
from click.shell_completion import CompletionItem

from jackfield.entrypoints.cli.completing import targets
from jackfield.entrypoints.cli.delivering import delivering
from jackfield.entrypoints.cli.outlets import Output

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Acting, Core

F = TypeVar("F", bound=Callable[..., Any])

_CHANGING: Final = (
    "interrupted; 'jackfield status' shows what is live, and until when a change that was under way keeps"
    " its prompt from others (two minutes at most)"
)


@define
class Options:
    """What was given on the command line, None where nothing was; and how it goes with the output.

    `interrupted` is what is said when the command is, where something may be under way.
    """

    target: str | None = None
    actor: str | None = None
    reason: str | None = None
    format: str = "table"
    verbose: bool = False
    interrupted: str | None = None
    output: Output = field(factory=Output)

    @property
    def json(self) -> bool:
        """Whether output is for programs."""
        return self.format == "json"

    @contextmanager
    def core(self, *, bulk: bool = False) -> Generator[Core]:
        """Open the target that was named; *bulk* work lets people's calls pass."""
        from jackfield.entrypoints.bootstrap import open_core

        with self.logs(), open_core(self.target, console=True, bulk=bulk) as core:
            yield core

    def logs(self) -> AbstractContextManager[None]:
        """Show log lines while the block lasts, if `--verbose` was given."""
        if not self.verbose:
            return nullcontext()
        from jackfield.entrypoints.cli.logs import shown_logs

        return shown_logs()

    @contextmanager
    def acting(self) -> Generator[Acting]:
        """Open the target for changes, by the actor and for the reason that were named or found."""
        with self.core() as core:
            acting = self.actor_of(core)
            self.changes()
            with delivering(core, json=self.json):
                yield acting

    def changes(self) -> None:
        """From now on a change may be under way: who interrupts it is told, unless he is told otherwise."""
        self.interrupted = self.interrupted or _CHANGING

    def actor_of(self, core: Core) -> Acting:
        """Return *core* for the actor and the reason that were named or found."""
        core.audit.ledger.head(core.audit.organization)  # opens it, before anything else is blamed for it
        actor, reason = self.who_and_why()
        return core.acting_as(actor, reason=reason)

    def who_and_why(self) -> tuple[str, str]:
        """Return the actor and the reason that were named or found."""
        from jackfield.entrypoints.cli.actor import actor, reason

        command = click.get_current_context().command_path
        return (
            actor() if self.actor is None else self.actor,
            reason(command) if self.reason is None else self.reason,
        )


class Number(click.IntRange):
    """A whole number of a range, called so where it is none."""

    name = "number"


class Real(click.FloatRange):
    """A number of a range, called so where it is none."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text; what is no number lies in no range."""
        number: float = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124  # not a number
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class NamedPath(click.ParamType[Path]):
    """A path; an empty one, such as of a variable that is not set, would be the working folder."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Read the text."""
        if not value:
            self.fail("a path is empty; name a file or a folder", param, ctx)
        return Path(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell offer its files."""
        del ctx, param
        return [CompletionItem(incomplete, type="file")]


def _keep(context: click.Context, parameter: click.Parameter, value: str | bool | None) -> None:
    options = context.ensure_object(Options)
    if value is not None and value is not False:
        setattr(options, parameter.name, value)


def common(command: F) -> F:
    """Add the options; read them from the context's `Options`."""
    return with_formats("table", "json")(command)


def with_formats(*formats: str) -> Callable[[F], F]:
    """Return what adds the options, with *formats* to choose from."""
    return lambda command: _with_options(command, formats)


def _with_options(command: F, formats: tuple[str, ...]) -> F:
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
            type=click.Choice(formats),
            callback=_keep,
            expose_value=False,
            help=f"Output for people or for programs.  [default: {formats[0]}]",
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
            shell_complete=targets,
            callback=_keep,
            expose_value=False,
            help="A target of jackfield.toml.  [default: JACKFIELD_TARGET, the file's, the simulator]",
        ),
    ):
        command = decorate(command)
    return command


pass_options = click.make_pass_decorator(Options, ensure=True)
