"""Running the command: every error of ours becomes one clear message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from jackfield.domain.model.errors import (
    BudgetExceeded,
    Conflict,
    InvalidInput,
    JackfieldError,
    Refused,
)
from jackfield.entrypoints.cli.group import jackfield

INTERRUPTED: Final = 130

_CODES: Final = ((InvalidInput, 1), (BudgetExceeded, 1), (Conflict, 3), (Refused, 3))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = jackfield.main(args=list(arguments), prog_name="jackfield", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        print("interrupted; 'jackfield status' shows what is live", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except JackfieldError as error:
        return _failed(error, as_json="json" in arguments)
    return code if isinstance(code, int) else 0


def exit_code(error: JackfieldError) -> int:
    """Return the exit code that tells of *error*."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 5)


def _failed(error: JackfieldError, *, as_json: bool) -> int:
    code = exit_code(error)
    if as_json:
        from jackfield.entrypoints.cli.views import error_view, json_text

        print(json_text({"error": error_view(error, code)}), file=sys.stderr)  # noqa: T201
    else:
        print(f"error: {_printable(error)}", file=sys.stderr)  # noqa: T201
    return code


def _printable(error: JackfieldError) -> str:
    """The message without characters that would move a terminal's cursor or that it cannot show."""
    text = str(error) + (f" (correlation id {error.correlation_id})" if error.correlation_id else "")
    return "".join(c if c == "\n" or c.isprintable() else "?" for c in text)


def _reader_left() -> int:
    """A pager or `head` that stopped reading is no error; nothing more may be flushed to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
