"""`jackfield demo`: the story of a prompt, in a few seconds, with nothing kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(short_help="Tell the story of a prompt.", epilog="Example: jackfield demo")
@common
@pass_options
def demo(options: Options) -> None:
    """Tell the story of a prompt on the embedded simulator; nothing is kept."""
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.demo import Stage, tell

    stage = Stage(show=(lambda _line: None) if options.json else click.echo)
    with tempfile.TemporaryDirectory(prefix="jackfield-demo-") as folder:
        tell(stage, Path(folder))
    if options.json:
        show_json({"acts": [{"title": act.title, "lines": act.lines} for act in stage.acts]})
    else:
        click.echo(
            "\nYours next: write a NAME.prompt file, then 'jackfield check', 'publish', 'promote', 'status'."
        )
