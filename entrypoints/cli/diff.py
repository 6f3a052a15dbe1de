"""`jackfield diff`: what differs between two versions."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command(
    short_help="Show what differs between versions.", epilog="Example: jackfield diff escalation 2.0.0 2.1.0"
)
@click.argument("name")
@click.argument("a")
@click.argument("b", required=False)
@common
@pass_options
def diff(options: Options, name: str, a: str, b: str | None) -> None:
    """Show what differs between version A and version B; B is what is live unless given."""
    from jackfield.entrypoints.cli.output import show_json

    with options.core() as core:
        lines = core.prompts.diff(name, a, b)
    if options.json:
        show_json({"name": name, "differs": bool(lines), "lines": list(lines)})
    else:
        click.echo("\n".join(lines) if lines else "no difference")
