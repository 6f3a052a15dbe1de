"""Subcommands that plugins give: found only when somebody looks for them, and guarded when they run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NoReturn, cast

import click

from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from jackfield.plugins.sources import installed

if TYPE_CHECKING:
    from jackfield.plugins.choosing import Given
    from jackfield.plugins.host import Host

_GIVEN: Final = "jackfield.plugins.commands"


def names(context: click.Context, own: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the plugins' subcommands; none where the settings cannot be read."""
    try:
        return tuple(sorted(_commands(context, own)))
    except InvalidInput:
        return ()


def find(context: click.Context, name: str, own: Iterable[str]) -> click.Command | None:
    """Return the plugins' subcommand of that name, if there is one."""
    given = _commands(context, own).get(name)
    return None if given is None else given.thing


def broke_off(context: click.Context, error: BaseException) -> NoReturn:
    """Raise what is to be said of an error that a subcommand let escape; our own slips stay as they are."""
    found = cast("Mapping[str, Given[click.Command]]", context.meta.get(_GIVEN, {}))
    given = found.get(context.invoked_subcommand or "")
    if given is None:
        raise _refused(error) if isinstance(error, OSError) else error
    if isinstance(error, SystemExit):
        _leave(error.code)
    from jackfield.plugins.isolation import failure_of

    failure = failure_of(error)
    given.plugin.failed("a command", failure)
    raise OutcomeUnknown(
        f"its command {given.thing.name!r} broke off ({failure}): what it did until then is not known",
        place=f"plugin {given.plugin.name}",
        remedy=f"tell who wrote it ({given.plugin.source})",
    ) from None


def hide(context: click.Context, error: JackfieldError) -> None:
    """Take what a plugin keeps secret out of what its subcommand says in our words."""
    found = cast("Mapping[str, Given[click.Command]]", context.meta.get(_GIVEN, {}))
    given = found.get(context.invoked_subcommand or "")
    if given is not None:
        from jackfield.plugins.masking import without

        without(error, given.plugin.secrets)


def _refused(error: OSError) -> Unavailable:
    """Say in our words what the machine refused, such as room on its disk; no print fails by one."""
    return Unavailable(
        f"this machine refused it: {error.strerror or type(error).__name__}",
        place=str(error.filename or ""),
        remedy="mend that and try again; 'jackfield status' shows what is live",
    )


def _leave(code: object) -> NoReturn:
    """`sys.exit` of a plugin ends the command as it asks, and what it has to say is said."""
    if code is not None and not isinstance(code, int):
        from jackfield.entrypoints.cli.output import say

        for line in str(code).splitlines():
            say(line, err=True)
    raise click.exceptions.Exit(code if isinstance(code, int) else int(code is not None)) from None


def _commands(context: click.Context, own: Iterable[str]) -> Mapping[str, Given[click.Command]]:
    """Load the plugins once a command, and not at all if none is installed."""
    root = context.find_root()
    if _GIVEN not in root.meta:
        root.meta[_GIVEN] = _loaded(root, own) if installed() else {}
    return cast("Mapping[str, Given[click.Command]]", root.meta[_GIVEN])


def _loaded(root: click.Context, own: Iterable[str]) -> Mapping[str, Given[click.Command]]:
    host = _host()
    root.call_on_close(host.close)
    return host.commands(own)


def _host() -> Host:
    from jackfield.entrypoints.plugging.plugged import open_plugins
    from jackfield.entrypoints.settings import rules

    return open_plugins(rules().plugins)
