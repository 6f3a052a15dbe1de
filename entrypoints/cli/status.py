"""`jackfield status`: what is live, since when, by whom, and whether the platform agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.services.prompts import PlatformView, PromptStatus


@click.command(
    short_help="Show what is live, and why.", epilog="Example: jackfield status escalation --format json"
)
@click.argument("name", required=False)
@common
@pass_options
def status(options: Options, name: str | None) -> None:
    """Show what is live, since when and by whom, and what the platform says."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.views import status_view

    with options.core() as core:
        names = core.prompts.names() if name is None else (name,)
        found = [core.prompts.status(each) for each in names]
        target = core.settings.target
    if options.json:
        show_json({"target": target, "prompts": [status_view(s) for s in found]})
    elif not found:
        click.echo(f"no prompt was published to target {target} yet; try 'jackfield publish FILE'")
    elif name is not None:
        _details(found[0])
    else:
        table(("prompt", "live", "since (UTC)", "by", "platform"), [_row(s) for s in found])


def _row(status: PromptStatus) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    live = status.live
    if live is None:
        return status.name, "-", "-", "-", _platform_and_more(status)
    return status.name, live.number, time_text(live.since), live.actor, _platform_and_more(status)


def _platform_and_more(status: PromptStatus) -> str:
    """Say also what keeps the prompt from being changed."""
    said = [_platform(status.platform)]
    if status.frozen:
        said.append(f"frozen: {', '.join(status.frozen)}")
    if status.pending is not None:
        said.append(f"pending: {status.pending.verb} {status.pending.version}")
    return "; ".join(said)


def _platform(view: PlatformView) -> str:
    if view.trouble is not None:
        return view.trouble
    return f"DRIFT: {view.version} edited there" if view.drift else f"agrees ({view.version})"


def _details(status: PromptStatus) -> None:
    from jackfield.entrypoints.cli.output import say

    for label, text in _facts(status):
        say(f"{label:<10}{text}")


def _facts(status: PromptStatus) -> list[tuple[str, str]]:
    from jackfield.entrypoints.cli.views import time_text

    facts = [("prompt", status.name)]
    if status.live is None:
        facts.append(("live", "nothing yet"))
    else:
        live = status.live
        facts += [
            ("live", f"{live.number} ({live.move}, {time_text(live.since)} UTC, by {live.actor})"),
            ("why", live.reason),
        ]
    facts.append(("platform", _platform(status.platform)))
    facts.append(("versions", ", ".join(status.versions) or "none"))
    if status.frozen:
        facts.append(("frozen", f"{', '.join(status.frozen)}; clear with 'jackfield unfreeze {status.name}'"))
    if status.pending is not None:
        pending = status.pending
        facts.append(
            (
                "pending",
                f"{pending.verb} {pending.version} by {pending.actor}; if it is left over,"
                f" the next change after {time_text(pending.expires)} UTC settles it",
            )
        )
    return facts
