"""`jackfield deliveries`: who hears of what was done, what waits, and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.delivering import counts_text, deliver, trouble_of
from jackfield.entrypoints.cli.options import Number, Options, common, pass_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jackfield.domain.model.deliveries.states import DeadLetter, Waiting
    from jackfield.domain.services.deliveries import DestinationStatus, Passed
    from jackfield.entrypoints.core import Core

_DEFAULT_S: Final = 60
_INTERRUPTED: Final = "interrupted; what was under way may come again; see 'jackfield deliveries'"
_NONE: Final = "there is no destination: a table such as [plugins.webhooks] of jackfield.toml makes one"
_COLUMNS: Final = ("destination", "state", "delivered", "left", "next try (UTC)", "trouble")
_LEFT: Final = ("entry", "about", "state", "tried", "when (UTC)", "trouble")


@click.group(
    invoke_without_command=True,
    short_help="Destinations: list, run, retry, discard.",
    epilog="Example: jackfield deliveries run",
)
@common
@click.pass_context
def deliveries(context: click.Context) -> None:
    """Deliveries of what was done to webhooks and other destinations. Without a subcommand: list."""
    if context.invoked_subcommand is None:
        context.invoke(list_deliveries)


@deliveries.command(
    "list",
    short_help="List the destinations, or what is left of one.",
    epilog="Example: jackfield deliveries list registry",
)
@click.argument("name", required=False)
@common
@pass_options
def list_deliveries(options: Options, name: str | None) -> None:
    """List the destinations: how far each is, what is left; of one that is named what waits and is dead."""
    from jackfield.entrypoints.cli.output import say, show_json, table
    from jackfield.entrypoints.cli.views import destination_view

    with options.core() as core:
        found = core.deliveries.status() if name is None else (core.deliveries.status_of(name),)
    if options.json:
        show_json({"destinations": [destination_view(each) for each in found]})
    elif not found:
        click.echo(_NONE)
    elif name is None:
        table(_COLUMNS, [_row(each) for each in found])
    elif rows := _left(found[0]):
        table(_LEFT, rows)
        if found[0].held:
            say(f"{found[0].held} more are held, each behind the first of its subject")
    else:
        say(f"{name}: {trouble_of(found[0]) or 'nothing waits, and nothing is dead'}")


def _row(found: DestinationStatus) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    return (
        found.name,
        found.stand.value,
        str(found.delivered),
        counts_text(found) or "-",
        "-" if found.next_try is None else time_text(found.next_try),
        trouble_of(found) or "-",
    )


def _left(found: DestinationStatus) -> list[tuple[str, ...]]:
    """What waits, with its next try if there will be one, and what is dead, with its last."""
    return [
        *(
            _undelivered(each, "disabled" if found.disabled else "waiting", each.due)
            for each in found.waiting
        ),
        *(_undelivered(each, "dead", each.time) for each in found.dead),
    ]


def _undelivered(each: Waiting | DeadLetter, state: str, when: datetime) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    about = f"{each.kind} {each.name}"
    shown = "-" if state == "disabled" else time_text(when)
    return str(each.position), about, state, str(each.attempts), shown, each.trouble


@deliveries.command(epilog="Example: jackfield deliveries run --for 300")
@click.option(
    "--for",
    "seconds",
    type=Number(0, 86_400),
    metavar="SECONDS",
    default=_DEFAULT_S,
    show_default=True,
    help="Begin nothing after so many seconds.",
)
@common
@pass_options
def run(options: Options, seconds: int) -> int:
    """Deliver what is due, once; for cron. What fails waits for its next try.

    Several may run at the same time: each destination is served by one of them.
    """
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.cli.views import passed_view

    options.interrupted = _INTERRUPTED
    with options.core(bulk=True) as core:
        passed = core.deliveries.run(timedelta(seconds=seconds))
        idle = _idle(core, passed)
    if options.json:
        views = [(each.name, passed_view(each)) for each in passed]
        show_json(
            {"destinations": [{**view, "trouble": view["trouble"] or idle.get(n, "")} for n, view in views]}
        )
    elif not passed:
        say(_NONE)
    for each in () if options.json else passed:
        say(f"{each.name}: {idle.get(each.name) or _passed(each)}")
    return 5 if any(each.trouble for each in passed) else 0


def _idle(core: Core, passed: Sequence[Passed]) -> dict[str, str]:
    """Return why nothing was tried, by the destination, where something is left."""
    names = {each.name for each in passed if _is_idle(each)}
    found = core.deliveries.status() if names else ()
    return {each.name: _left_alone(each) for each in found if each.name in names}


def _is_idle(passed: Passed) -> bool:
    """Whether a pass had nothing to do, or could not do it yet."""
    return not (passed.delivered or passed.failed or passed.died or passed.busy or passed.trouble)


def _left_alone(found: DestinationStatus) -> str:
    """Say why nothing was tried of what is left; nothing if nothing is left."""
    from jackfield.entrypoints.cli.views import time_text

    counts = counts_text(found)
    if found.disabled:
        return f"disabled: {found.disabled}; {counts or 'nothing'} left"
    if not (found.waiting or found.next_try):
        return ""
    when = "" if found.next_try is None else f", next try {time_text(found.next_try)} UTC"
    return f"nothing is due: {counts}{when}"


def _passed(passed: Passed) -> str:
    if passed.busy:
        return "another process is at it"
    if passed.trouble and not (passed.delivered or passed.failed):
        return f"nothing delivered: {passed.trouble}"
    trouble = f", broke off: {passed.trouble}" if passed.trouble else ""
    return f"{passed.delivered} delivered, {passed.failed} failed, {passed.died} dead{trouble}"


@deliveries.command(
    short_help="Try dead letters, and what waits, again now.",
    epilog="Example: jackfield deliveries retry registry --reason 'it is up again'",
)
@click.argument("name")
@click.option("--entry", "entries", type=int, multiple=True, metavar="N", help="This entry; may be repeated.")
@common
@pass_options
def retry(options: Options, name: str, entries: tuple[int, ...]) -> None:
    """Try dead letters, and what waits, again now; a destination that was disabled hears again."""
    with options.core() as core:
        actor, reason = options.who_and_why()
        count = core.delivering_as(actor, reason=reason).retry(name, entries)
        deliver(core, json=options.json)
    _say(options, name, {"retried": count}, "nothing waits, and nothing is dead")


@deliveries.command(
    short_help="Give dead letters up, all or some.",
    epilog="Example: jackfield deliveries discard registry --entry 118",
)
@click.argument("name")
@click.option("--entry", "entries", type=int, multiple=True, metavar="N", help="This entry; may be repeated.")
@click.option("--everything", is_flag=True, help="All that the log holds and that is not delivered.")
@common
@pass_options
def discard(options: Options, name: str, entries: tuple[int, ...], *, everything: bool) -> None:
    """Give dead letters up, all or some; what is discarded is never shown as delivered."""
    if everything and entries:
        raise click.UsageError("name entries, or --everything")
    with options.core() as core:
        actor, reason = options.who_and_why()
        acting = core.delivering_as(actor, reason=reason)
        count = acting.skip(name) if everything else acting.discard(name, entries)
        deliver(core, json=options.json)
    nothing = "nothing is left" if everything else "nothing is dead; --everything also takes what waits"
    _say(options, name, {"discarded": count}, nothing)


def _say(options: Options, name: str, done: dict[str, int], nothing: str) -> None:
    from jackfield.entrypoints.cli.output import say, show_json

    ((word, count),) = done.items()
    if options.json:
        show_json({"name": name, word: count})
    else:
        say(f"{name}: {count} {word}" if count else f"{name}: {nothing}")
