"""`jackfield plugins`: what is plugged in, and whether a plugin does what its hooks promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.entrypoints.plugging.trial import Tried
    from jackfield.plugins.types import PluginReport


@click.group(
    invoke_without_command=True,
    short_help="List the plugins, and check one.",
    epilog="Example: jackfield plugins check house-rules",
)
@common
@click.pass_context
def plugins(context: click.Context) -> None:
    """Plugins: what is installed and what became of it. Without a subcommand: list."""
    if context.invoked_subcommand is None:
        context.invoke(list_plugins)


@plugins.command("list", epilog="Example: jackfield plugins list --format json")
@common
@pass_options
def list_plugins(options: Options) -> None:
    """Load every plugin that is allowed, ask what it gives, and say what became of it."""
    from jackfield.entrypoints.cli.group import COMMANDS
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.views import plugin_view
    from jackfield.entrypoints.plugging.plugged import surveyed

    with options.logs():
        reports = surveyed(COMMANDS)
    if options.json:
        show_json({"plugins": [plugin_view(report) for report in reports]})
        return
    table(("plugin", "from", "hooks", "state", "errors", "trouble"), [_row(r) for r in reports])


def _row(report: PluginReport) -> tuple[str, ...]:
    hooks = ", ".join(hook.removeprefix("jackfield_") for hook in report.hooks)
    source = f"{report.distribution} {report.version}".strip()
    return report.name, source, hooks or "-", report.state.value, str(report.errors), report.trouble or "-"


@plugins.command("check", epilog="Example: jackfield plugins check house-rules")
@click.argument("name")
@common
@pass_options
def check_plugin(options: Options, name: str) -> int:
    """Load one plugin in a process of its own and call each of its hooks on a sample.

    NAME is an installed plugin, or one under development: MODULE, MODULE:CLASS, FILE.py or FILE.py:CLASS,
    with NAME= before it to find its settings in jackfield.toml.
    """
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.plugging.trial import try_out

    with options.logs():
        tried = try_out(name)
    fine = all(each.fine for each in tried)
    if options.json:
        checks = [{"what": each.what, "fine": each.fine, "trouble": each.trouble} for each in tried]
        show_json({"name": name, "fine": fine, "checks": checks})
    else:
        _show(tried)
    return 0 if fine else 1


def _show(tried: tuple[Tried, ...]) -> None:
    from jackfield.entrypoints.cli.output import say

    for each in tried:
        say(f"{'fine' if each.fine else 'BAD '}  {each.what}{': ' + each.trouble if each.trouble else ''}")
    click.echo(f"{len(tried)} check(s), {sum(not each.fine for each in tried)} problem(s)")
