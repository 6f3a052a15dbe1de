"""`jackfield status`: what is live, since when, by whom, and whether the platform agrees."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jackfield.domain.model.rollouts import Rollout
    from jackfield.domain.services.prompts import LiveVersion, PlatformView, PromptStatus

_DRIFT: Final = 3
_UNANSWERED: Final = 5
_COLUMNS: Final = ("prompt", "live", "since (UTC)", "by", "known from", "platform")


@click.command(
    short_help="Show what is live, and why.", epilog="Example: jackfield status escalation --format json"
)
@click.argument("name", required=False, shell_complete=prompt_names)
@click.option(
    "--fail-on-drift",
    is_flag=True,
    help="Exit with 3 if the platform has something else live, with 5 if that cannot be told.",
)
@common
@pass_options
def status(options: Options, name: str | None, fail_on_drift: bool) -> int:
    """Show what is live, since when and by whom, and what the platform says.

    When our record cannot be read, the last known good versions are shown, with their age and the reason.
    """
    from jackfield.entrypoints.cli.output import say, show_json, table
    from jackfield.entrypoints.cli.views import status_view

    with options.core() as core:
        found = core.prompts.overview() if name is None else (core.prompts.status(name),)
        target = core.settings.target
    if options.json:
        show_json({"target": target, "prompts": [status_view(s) for s in found]})
    elif not found:
        say(f"no prompt was published to target {target} yet; try 'jackfield publish FILE'")
    elif name is not None:
        _details(found[0])
    else:
        table(_COLUMNS, [_row(s) for s in found])
        _tell_troubles(found)
    return _code(found) if fail_on_drift else 0


def _code(found: Iterable[PromptStatus]) -> int:
    """Drift that is seen weighs more than a platform that was not."""
    views = [status.platform for status in found]
    if any(view.drift for view in views):
        return _DRIFT
    return 0 if all(view.answered for view in views) else _UNANSWERED


def _row(status: PromptStatus) -> tuple[str, ...]:
    live = status.live
    if live is None:
        return status.name, "-", "-", "-", "-", _platform_and_more(status)
    return status.name, live.number, _since(live), live.actor or "-", _known(live), _platform_and_more(status)


def _since(live: LiveVersion) -> str:
    from jackfield.entrypoints.cli.views import time_text

    return "-" if live.since is None else time_text(live.since)


def _known(live: LiveVersion) -> str:
    """Say where it was taken from, and how old it is if it is not of now."""
    from jackfield.domain.model.freshness import Freshness

    if live.freshness is Freshness.FRESH or live.age is None:
        return live.source
    return f"{live.source}, {live.freshness}, {_ago(live.age)}"


def _ago(age: timedelta) -> str:
    """Say how long ago, in the largest unit that fits."""
    seconds = int(age.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def _tell_troubles(found: Iterable[PromptStatus]) -> None:
    """Say below the table, once, why what it shows is not of now."""
    from jackfield.entrypoints.cli.output import say

    for trouble in dict.fromkeys(status.trouble for status in found if status.trouble is not None):
        say(f"our record cannot be read: {trouble}", err=True)


def _platform_and_more(status: PromptStatus) -> str:
    """Say also what keeps the prompt from being changed."""
    said = [_platform(status.platform, status.live)]
    if status.frozen:
        said.append(f"frozen: {', '.join(status.frozen)}")
    if status.pending is not None:
        said.append(f"pending: {status.pending.verb} {status.pending.version}")
    if status.rollout is not None:
        said.append(f"rollout: {_rollout(status.rollout)}")
    if status.split is not None:
        said.append(status.split)
    return "; ".join(said)


def _platform(view: PlatformView, live: LiveVersion | None) -> str:
    if view.trouble is not None:
        return view.trouble
    if not view.drift:
        return f"agrees ({view.version})"
    edited = live is not None and live.number == view.version
    return f"DRIFT: {view.version} {'was edited' if edited else 'is live'} there, not what our record says"


def _details(status: PromptStatus) -> None:
    from jackfield.entrypoints.cli.output import say

    for label, text in _facts(status):
        say(f"{label:<10}{text}")


def _facts(status: PromptStatus) -> list[tuple[str, str]]:
    facts = [("prompt", status.name), *_live_facts(status)]
    facts.append(("platform", _platform(status.platform, status.live)))
    if status.trouble is None:
        facts.append(("versions", ", ".join(status.versions) or "none"))
    if status.frozen:
        facts.append(("frozen", f"{', '.join(status.frozen)}; clear with 'jackfield unfreeze {status.name}'"))
    if status.pending is not None:
        facts.append(("pending", _pending(status)))
    if status.rollout is not None:
        facts.append(("rollout", f"{_rollout(status.rollout)}; 'jackfield rollout status {status.name}'"))
    if status.split is not None:
        facts.append(("split", status.split))
    return facts


def _rollout(rollout: Rollout) -> str:
    from jackfield.domain.model.shares import share_text

    return f"{rollout.candidate} at {share_text(rollout.share)}"


def _live_facts(status: PromptStatus) -> list[tuple[str, str]]:
    live = status.live
    if live is None:
        return [("live", "nothing yet")]
    moved = "" if live.move is None else f" ({live.move}, {_since(live)} UTC, by {live.actor})"
    facts = [("live", f"{live.number}{moved}"), ("why", live.reason or "-"), ("known", _known(live))]
    if status.trouble is not None:
        facts.append(("trouble", f"our record cannot be read: {status.trouble}"))
    return facts


def _pending(status: PromptStatus) -> str:
    from jackfield.entrypoints.cli.views import time_text

    pending = status.pending
    if pending is None:
        return ""
    return (
        f"{pending.verb} {pending.version} by {pending.actor}; if it is left over,"
        f" the next change after {time_text(pending.expires)} UTC settles it"
    )
