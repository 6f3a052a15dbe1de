"""Drawing differences: on a terminal in color and word by word, elsewhere as a plain unified diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import click

from jackfield.domain.model.words import Line, Mark, Piece, marked
from jackfield.entrypoints.cli.output import printable
from jackfield.entrypoints.cli.views import View

_LINES: Final = {Mark.REMOVED: "red", Mark.ADDED: "green", Mark.HEAD: "cyan", Mark.SAME: ""}
_WORDS: Final = {Mark.REMOVED: "bold red reverse", Mark.ADDED: "bold green reverse"}


def show_lines(lines: Sequence[str]) -> None:
    """Write a unified diff; in color where the terminal has some and NO_COLOR does not say no."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    if console.color_system is None or console.no_color:
        click.echo("\n".join(map(_shown, lines)), nl=bool(lines))
        return
    from rich.text import Text

    for line in marked(lines):
        console.print(Text.assemble(*_painted(line)))


def _painted(line: Line) -> Iterator[tuple[str, str]]:
    style = _LINES[line.mark]
    if not line.pieces:
        yield _shown(line.text), style
        return
    yield line.text[:1], style
    whole = all(piece.mark is not Mark.SAME for piece in line.pieces)
    for piece in line.pieces:
        yield _shown(piece.text), style if whole else _WORDS.get(piece.mark, style)


def _shown(text: str) -> str:
    return "\t".join(printable(part) for part in text.split("\t"))


def words_view(lines: Sequence[str]) -> list[View]:
    """The changed lines of a unified diff with their pieces, as JSON; `line` counts from 0."""
    return [
        {"line": number, "pieces": [_piece_view(p) for p in line.pieces]}
        for number, line in enumerate(marked(lines))
        if line.pieces
    ]


def _piece_view(piece: Piece) -> View:
    return {"mark": piece.mark, "text": piece.text}
