"""`jackfield demo`: stories of what Jackfield does, in a few seconds, with nothing kept."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options
from jackfield.entrypoints.demo.stories import STORIES

_NEXT = (
    "Yours next: write a NAME.prompt file, then 'jackfield check', 'publish', 'promote' or 'rollout start',"
    " 'status'."
)
_NARROWEST = 20
_WORD: Final = re.compile(r"(\s*)(\S+)(?=\s)")
_HELP = "\n".join(
    (
        "Tell every story, or the STORY that is named, on the embedded simulator; nothing is kept.",
        "",
        "\b",
        *(f"{name:<10}{story.summary}" for name, story in STORIES.items()),
    )
)


@click.command(
    short_help="Tell stories of what it does.", help=_HELP, epilog="Example: jackfield demo rollouts"
)
@click.argument("story", required=False, type=click.Choice(list(STORIES)), metavar="[STORY]")
@common
@pass_options
def demo(options: Options, story: str | None) -> None:
    """Tell them one after the other, each in a folder of its own."""
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.demo.stage import Stage

    options.interrupted = "interrupted; what the demo had made lay in a folder of its own, which is gone"
    watched = Stage(show=_show, flow=_flow, live=sys.stdout.isatty())
    stage = Stage(show=lambda _line: None) if options.json else watched
    for name in STORIES if story is None else (story,):
        stage.begin(name, STORIES[name].summary)
        with tempfile.TemporaryDirectory(prefix="jackfield-demo-") as folder:
            STORIES[name].tell(stage, Path(folder))
    if not options.json:
        _show("")
        _show(_NEXT)
        return
    show_json({"acts": [{"story": act.story, "title": act.title, "lines": act.lines} for act in stage.acts]})


def _show(line: str) -> None:
    """Write a line, which a terminal folds between words; through a pipe it stays whole."""
    click.echo(folded(line, shutil.get_terminal_size().columns) if sys.stdout.isatty() else line)


def _flow(parts: Iterable[str]) -> None:
    """Write a line part by part, as `_show` would."""
    columns = shutil.get_terminal_size().columns
    for part in flowing(parts, columns) if sys.stdout.isatty() else parts:
        click.echo(part, nl=False)
    click.echo()


def flowing(parts: Iterable[str], columns: int) -> Iterator[str]:
    """Give the *parts* of a line word by word, `folded`; a word comes with the blank behind it."""
    width, rest, column, indent = max(_NARROWEST, columns) - 1, "", 0, ""
    for part in chain(parts, "\n"):
        rest += part
        for blanks, word in _WORD.findall(rest):
            indent = indent or " " * (len(blanks) + 2)
            fits = not column or column + len(blanks) + len(word) <= width
            yield f"{blanks}{word}" if fits else f"\n{indent}{word}"
            column = len(word) + (column + len(blanks) if fits else len(indent))
        rest = _WORD.sub("", rest)


def folded(line: str, columns: int) -> str:
    """Return *line* so that it fits into *columns* (20 at the least); what goes on stands further right."""
    columns = max(_NARROWEST, columns)
    if len(line) < columns:
        return line
    indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
    return textwrap.fill(line, columns - 1, subsequent_indent=indent, break_on_hyphens=False)
