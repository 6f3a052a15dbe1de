"""`jackfield diff`: what differs between two versions, or between our record and the platform."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.completing import prompt_names, versions
from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(
    short_help="Show what differs between versions.", epilog="Example: jackfield diff escalation 2.0.0 2.1.0"
)
@click.argument("name", shell_complete=prompt_names)
@click.argument("a", required=False, shell_complete=versions)
@click.argument("b", required=False, shell_complete=versions)
@click.option("--drift", is_flag=True, help="Compare what is live by our record with what the platform has.")
@common
@pass_options
def diff(options: Options, name: str, a: str | None, b: str | None, *, drift: bool) -> None:
    """Show what differs between version A and version B; B is what is live unless given.

    With --drift and without versions: what somebody edited on the platform, as far as it keeps a prompt.
    """
    from jackfield.entrypoints.cli.diffs import show_lines, words_view
    from jackfield.entrypoints.cli.output import show_json

    if drift is (a is not None):
        raise click.UsageError("name version A, or give --drift and no version")
    with options.core() as core:
        lines = core.prompts.drift(name) if a is None else core.prompts.diff(name, a, b)
    if options.json:
        show_json({"name": name, "differs": bool(lines), "lines": list(lines), "words": words_view(lines)})
    elif lines:
        show_lines(lines)
    else:
        click.echo("no difference")
