"""Writing answers to the terminal: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import click

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.entrypoints.cli.views import json_text

_PIPE_WIDTH: Final = 200
_NARROWEST_COLUMN: Final = 9


def printable(text: str) -> str:
    """Return *text* as part of one line: '?' for a line break and all else that would move the cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def error_text(error: JackfieldError) -> str:
    """Return what *error* says, and each of its problems in a line of its own."""
    problems = error.problems if isinstance(error, InvalidInput) else ()
    lines = (JackfieldError.__str__(error), *(f"  {problem}" for problem in problems))
    return "\n".join(map(printable, lines))


def say(text: str, *, err: bool = False) -> None:
    """Write a line of text that may hold what others wrote."""
    click.echo(printable(text), err=err)


def show_json(value: object) -> None:
    """Write a value as JSON."""
    click.echo(json_text(value))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: Collection[str] = ()) -> None:
    """Draw a table that folds on a narrow terminal; through a pipe it is as wide as it needs.

    What stands in the *whole* columns is to be copied, and is never folded.
    A terminal so narrow that columns would fold to syllables gets a list.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    rows = tuple(rows)
    if rows and console.width < _NARROWEST_COLUMN * len(columns):
        _list(columns, rows)
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    if console.is_terminal:
        console.print(drawn)
        return
    with console.capture() as captured:
        console.print(drawn)
    for line in filter(str.strip, captured.get().splitlines()):  # other programs cut it into lines and words
        click.echo(line.rstrip())


def _list(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    width = max(map(len, columns))
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            say(f"{column:<{width}}  {cell}")
        say("")
