"""Running the command: every error of ours becomes one clear message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import click

from jackfield.domain.model.errors import (
    BudgetExceeded,
    Conflict,
    InvalidInput,
    JackfieldError,
    Refused,
    Unavailable,
)
from jackfield.entrypoints.cli.group import jackfield
from jackfield.entrypoints.cli.options import Options
from jackfield.entrypoints.cli.outlets import Output, lasting
from jackfield.entrypoints.cli.signals import Stop, terminable
from jackfield.entrypoints.cli.starting import begun

INTERRUPTED: Final = 130
UNWRITTEN: Final = 5
UNREAD: Final = 141
"""As a shell has it for what ends by SIGPIPE."""

_INTERRUPTED: Final = "interrupted"

_WHOLE: Final = (click.MissingParameter, click.exceptions.NoArgsIsHelpError)
_CODES: Final = ((InvalidInput, 1), (BudgetExceeded, 1), (Conflict, 3), (Refused, 3))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    with lasting() as output, terminable() as terminated:
        options = Options(output=output)
        return _settled(_run(arguments, options, terminated), options)


def _run(arguments: Sequence[str], options: Options, terminated: Stop) -> int:
    try:
        begun()
        code = jackfield.main(args=list(arguments), prog_name="jackfield", standalone_mode=False, obj=options)
        _flush()
    except (click.exceptions.Exit, SystemExit) as exit_:  # the shell's completion ends by SystemExit
        code = exit_.exit_code if isinstance(exit_, click.exceptions.Exit) else exit_.code
    except click.ClickException as error:
        return _misused(error, options.output)
    except (click.Abort, KeyboardInterrupt):
        click.echo(options.interrupted or _INTERRUPTED, err=True)
        return terminated.exit_code or INTERRUPTED
    except JackfieldError as error:
        return _failed(error, options)
    return code if isinstance(code, int) else 0


def _flush() -> None:
    with suppress(ValueError):  # a plugin closed it
        sys.stdout.flush()


def _misused(error: click.ClickException, output: Output) -> int:
    """Show it; what was typed stays in its line, but choices and help have lines of their own."""
    if isinstance(error, click.UsageError) and not isinstance(error, _WHOLE):
        from jackfield.entrypoints.cli.output import printable

        error = click.UsageError(printable(error.format_message()), ctx=error.ctx)
    error.show()
    output.told = True
    return 2


def exit_code(error: JackfieldError) -> int:
    """Return the exit code that tells of *error*."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 5)


def _failed(error: JackfieldError, options: Options) -> int:
    code = exit_code(error)
    options.output.told = True
    if options.json:
        from jackfield.entrypoints.cli.views import error_view, json_text

        click.echo(json_text({"error": error_view(error, code)}), err=True)
    else:
        from jackfield.entrypoints.cli.output import error_text, printable

        known = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
        click.echo(f"error: {error_text(error)}{printable(known)}", err=True)
    return code


def _settled(code: int, options: Options) -> int:
    """Return *code*, which says more than that nobody could be told; else what became of the output."""
    _flush()
    output = options.output
    if output.trouble is None:
        return code
    if output.is_unread:
        return code or UNREAD
    if not output.told:
        _failed(_unwritten(output.trouble, output), options)
    return code or UNWRITTEN


def _unwritten(trouble: OSError, output: Output) -> JackfieldError:
    became = output.became
    if became is None:
        after = "look with 'jackfield status'" if output.done else "try again"
        became = f"{'what was asked is done; ' if output.done else ''}mend where the output goes, and {after}"
    return Unavailable(f"the output cannot be written ({trouble.strerror})", remedy=became)
