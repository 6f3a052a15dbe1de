"""The `jackfield` command: one module a subcommand, loaded when it is called."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as checkers know it: `typing` is slow to load, and Ctrl-C is not caught before `main`

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit.

    0 done, 1 bad input or over a budget, 2 usage, 3 conflict or refused, 4 a plan with something to do,
    5 unavailable, 130 interrupted, 141 the reader left, 143 terminated.

    Without *arguments* this process is the command, and runs what it was called with. A program that gives
    some goes on afterwards: Ctrl-C and garbage are its own.
    """
    try:
        code = _run(arguments) if arguments is not None else _run_alone()
    except KeyboardInterrupt:  # once the command has ended
        code = _INTERRUPTED
    sys.exit(code)


def _run_alone() -> int:
    from jackfield.entrypoints.cli.starting import begun, starts

    starts()
    try:
        from jackfield.entrypoints.cli.garbage import collect_as_usual, collect_seldom

        collect_seldom()
        try:
            return _run(None)
        finally:
            collect_as_usual()
    finally:
        begun()


def _run(arguments: Sequence[str] | None) -> int:
    from jackfield.entrypoints.cli.run import run

    return run(arguments)
