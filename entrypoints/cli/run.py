"""Running the command: every error of ours becomes one clear message and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Final, TextIO, cast

import click

from jackfield.domain.model.errors import (
    BudgetExceeded,
    Conflict,
    InvalidInput,
    JackfieldError,
    Refused,
)
from jackfield.entrypoints.cli.group import jackfield
from jackfield.entrypoints.cli.options import Options

INTERRUPTED: Final = 130

UNWRITTEN: Final = 5

_INTERRUPTED: Final = (
    "interrupted; 'jackfield status' shows what is live, and until when a change that was under way keeps"
    " its prompt from others (two minutes at most)"
)

_DISK: Final = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO})
_CODES: Final = ((InvalidInput, 1), (BudgetExceeded, 1), (Conflict, 3), (Refused, 3))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = Options()
    if sys.stdout is None:  # closed by the shell's `>&-`: nobody reads
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # for the process
    _never_unencodable(sys.stdout)
    try:
        code = jackfield.main(args=list(arguments), prog_name="jackfield", standalone_mode=False, obj=options)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo(_INTERRUPTED, err=True)
        return INTERRUPTED
    except (SystemExit, OSError) as error:
        return _unwritten(error)
    except JackfieldError as error:
        return _failed(error, as_json=options.json)
    return code if isinstance(code, int) else 0


def _never_unencodable(stream: TextIO) -> None:
    """Let what the terminal's encoding lacks be written as an escape."""
    if isinstance(stream, TextIOWrapper):
        cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")


def exit_code(error: JackfieldError) -> int:
    """Return the exit code that tells of *error*."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 5)


def _failed(error: JackfieldError, *, as_json: bool) -> int:
    code = exit_code(error)
    if as_json:
        from jackfield.entrypoints.cli.views import error_view, json_text

        click.echo(json_text({"error": error_view(error, code)}), err=True)
    else:
        from jackfield.entrypoints.cli.output import printable

        known = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
        click.echo(f"error: {printable(str(error) + known)}", err=True)
    return code


def _unwritten(error: SystemExit | OSError) -> int:
    """A pager or `head` that stopped reading is no error, and click exits for it; a full disk is one."""
    if isinstance(error, OSError) and error.errno not in _DISK:
        raise error
    with contextlib.suppress(OSError, ValueError):  # nothing more may be flushed to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, SystemExit) or error.errno == errno.EPIPE:
        return 0
    remedy = "what was asked is done; mend where the output goes, and look with 'jackfield status'"
    click.echo(f"error: the output cannot be written ({error.strerror}); {remedy}", err=True)
    return UNWRITTEN
