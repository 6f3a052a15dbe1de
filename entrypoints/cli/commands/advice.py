"""`jackfield advice`: what an agent could say or look up, what agents did with it, and how often they did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import frozen

from jackfield.entrypoints.cli.delivering import delivering
from jackfield.entrypoints.cli.losses import losses_told
from jackfield.entrypoints.cli.moments import Time
from jackfield.entrypoints.cli.options import (
    NamedPath,
    Number,
    Options,
    Real,
    common,
    pass_options,
    with_formats,
)
from jackfield.entrypoints.cli.periods import Period

if TYPE_CHECKING:
    from jackfield.domain.model.advice.feedback import ClickThrough, Report
    from jackfield.domain.model.advice.sifting import Sieve
    from jackfield.domain.services.advice import Advised

_LARGEST: Final = 1024 * 1024
_ACTIONS: Final = ("clicked", "copied", "dismissed", "helpful", "wrong", "displayed")
_COLUMNS: Final = ("#", "id", "relevance", "published", "source", "title", "note")
_DEADLINES: Final = timedelta(milliseconds=10), timedelta(minutes=10)
"""The service's own, which is not loaded for it."""
_INTERRUPTED: Final = "interrupted; 'jackfield audit list' shows whether it was recorded"
_UNKNOWN: Final = "nobody is known to have recommended it: look at the id, and at the conversation"
_REPORTED: Final = ("displayed", "clicked", "rate", "95 %", "unseen")


@frozen(kw_only=True)
class _Wanted:
    """What was given on the command line."""

    transcript: Path | None
    conversation: str
    agent: str
    skills: tuple[str, ...]
    bases: tuple[str, ...]
    channel: str
    relevance: float | None
    age: timedelta | None
    wanted: int | None
    deadline: timedelta | None
    displayed: bool


@click.group(
    short_help="Advice for agents: query, feedback, forget, report.",
    epilog="Example: jackfield advice query call.txt --conversation c-1 --agent a-1",
)
@common
def advice() -> None:
    """Advice for agents: what fits a conversation, what agents did with it, and how often: query, feedback,
    forget, report."""


@advice.command(
    short_help="Ask what fits a conversation.",
    epilog="Example: jackfield advice query call.txt --conversation c-1 --agent a-1 --base kb-billing",
)
@click.argument("transcript", type=NamedPath(), required=False)
@click.option("--conversation", metavar="ID", required=True, help="The conversation.")
@click.option("--agent", metavar="ID", required=True, help="Who is advised.")
@click.option("--skill", "skills", metavar="NAME", multiple=True, help="What the agent can; may be repeated.")
@click.option("--base", "bases", metavar="ID", multiple=True, help="Where to look; may be repeated.")
@click.option("--channel", metavar="NAME", default="chat", show_default=True, help="How they talk.")
@click.option("--relevance", type=Real(0, 1), metavar="R", help="At least so relevant: 0 to 1.")
@click.option("--age", type=Period(), metavar="PERIOD", help="At most so old, such as 30d.")
@click.option("--wanted", type=Number(1, 100), metavar="N", help="So many.")
@click.option(
    "--deadline", type=Period(*_DEADLINES), metavar="PERIOD", help="For all of it, such as 2s or 800ms."
)
@click.option("--displayed", is_flag=True, help="Record that the agent sees them.")
@with_formats("table", "json", "csv")
@pass_options
def query(options: Options, /, **given: Any) -> None:
    """Ask what fits a conversation, whose TRANSCRIPT is a file, or standard input (-).

    Thresholds that are not given are the settings'. What was rejected is told with its reason.
    """
    from jackfield.domain.model.advice.queries import AdviceQuery

    wanted = _Wanted(**given)
    asked = AdviceQuery(
        wanted.conversation,
        _transcript(wanted.transcript),
        wanted.agent,
        wanted.skills,
        wanted.bases,
        wanted.channel,
    )
    with losses_told(options) as core:
        service = core.advice
        found = service.query(asked, deadline=wanted.deadline, sieve=_sieve(wanted, service.sieve))
        if wanted.displayed:
            service.displayed(found)
        _show(options, found)
        service.flush()


def _transcript(path: Path | None) -> str:
    from jackfield.adapters.texts import read_text
    from jackfield.entrypoints.cli.inputs import standard_input

    if path is None or str(path) == "-":
        return standard_input("the transcript", "name a file")
    return read_text(path, largest=_LARGEST)


def _sieve(wanted: _Wanted, own: Sieve) -> Sieve:
    from attrs import evolve

    named: dict[str, Any] = {"relevance": wanted.relevance, "age": wanted.age, "wanted": wanted.wanted}
    return evolve(own, **{name: value for name, value in named.items() if value is not None})


def _show(options: Options, found: Advised) -> None:
    from jackfield.entrypoints.cli.advised import SHEET, advised_view, sheet
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.cli.sheets import show_csv

    if options.json:
        show_json(advised_view(found))
    elif options.format == "csv":
        show_csv(SHEET, sheet(found))
    else:
        _draw(found)


def _draw(found: Advised) -> None:
    from jackfield.entrypoints.cli.advised import named
    from jackfield.entrypoints.cli.output import say, table

    part = "" if found.whole else "; the platform failed behind these: there may be better ones"
    say(f"{found.origin.value}, {found.age.total_seconds():.1f} s old{part}")
    rows = [
        (
            str(each.position),
            each.item.id,
            f"{each.item.relevance:.2f}",
            f"{each.item.published.astimezone(UTC):%Y-%m-%d}",
            each.item.source,
            each.item.title,
            ", ".join(
                filter(None, (f"like {each.like}" if each.like else "", "shown" if each.shown else ""))
            ),
        )
        for each in found.accepted
    ]
    if rows:
        table(_COLUMNS, rows, whole=_COLUMNS[:4])
    else:
        say("nothing is good enough")
    for each in found.rejected:
        say(f"rejected: {named(each)} ({each.reason.value}: {each.detail})")


@advice.command(
    short_help="Tell what an agent did with a recommendation.",
    epilog="Example: jackfield advice feedback rec-1 --agent a-1 --action clicked --conversation c-1",
)
@click.argument("recommendation")
@click.option("--agent", metavar="ID", required=True, help="Who did it.")
@click.option("--action", type=click.Choice(_ACTIONS), required=True, help="What.")
@click.option("--conversation", metavar="ID", help="In which conversation.")
@click.option("--once", metavar="NAME", help="Its name in the conversation: told again, it counts once.")
@common
@pass_options
def feedback(
    options: Options,
    *,
    recommendation: str,
    agent: str,
    action: str,
    conversation: str | None,
    once: str | None,
) -> None:
    """Tell what an agent did with a RECOMMENDATION, by its id.

    One that is wrong drops every answer that holds it, and is not shown again in its conversation. Without a
    conversation it is the one in which the agent last saw it.
    """
    from jackfield.entrypoints.cli.advised import feedback_view
    from jackfield.entrypoints.cli.output import say, show_json

    with losses_told(options) as core, delivering(core, json=options.json):
        options.interrupted = _INTERRUPTED
        told = core.advice.feedback(
            recommendation, agent=agent, action=action, conversation=conversation, once=once
        )
        core.advice.flush()
    if options.json:
        show_json(feedback_view(told))
    else:
        say(f"{told.recommendation}: {told.action.value} by {told.agent}")
        if not told.known:
            say(f"recorded; but {_UNKNOWN}", err=True)


@advice.command(
    short_help="Drop the kept answers of a knowledge base.",
    epilog="Example: jackfield advice forget kb-billing",
)
@click.argument("bases", metavar="BASE...", nargs=-1, required=True)
@common
@pass_options
def forget(options: Options, *, bases: tuple[str, ...]) -> None:
    """Drop every kept answer that a change of a knowledge BASE could change, by its id.

    It is for whoever changes articles. Other machines give theirs for as long as an answer holds.
    """
    from jackfield.entrypoints.cli.output import say, show_json

    with losses_told(options) as core:
        for base in bases:
            core.advice.forget(base=base)
    if options.json:
        show_json({"bases": bases})
    else:
        say(f"forgotten: what was kept of {', '.join(bases)}")


@advice.command(
    short_help="Say how often agents click what they see.",
    epilog="Example: jackfield advice report --by source --since 30d",
)
@click.option("--by", type=click.Choice(["source", "position", "agent"]), help="Also a line for each.")
@click.option("--since", metavar="TIME", type=Time(), help="From then on.  [default: 7 d before the end]")
@click.option("--until", metavar="TIME", type=Time(), help="Before then.  [default: now]")
@with_formats("table", "json", "csv")
@pass_options
def report(options: Options, *, by: str | None, since: datetime | None, until: datetime | None) -> None:
    """Say how many of the recommendations that agents saw they clicked, each counted once, with the 95 %
    interval.

    Those clicked that nobody told of as displayed are 'unseen', and count on neither side.
    """
    from jackfield.entrypoints.cli.advised import report_view
    from jackfield.entrypoints.cli.output import show_json

    with options.core() as core:
        found = core.advice.report(since=since, until=until, by=by)
    if options.json:
        show_json(report_view(found, by))
    elif options.format == "csv":
        _write_csv(found)
    else:
        _draw_report(found, by)


def _draw_report(found: Report, by: str | None) -> None:
    from jackfield.entrypoints.cli.advised import UNKNOWN
    from jackfield.entrypoints.cli.output import say, table

    rows = [(group.key or UNKNOWN, *_cells(group.figures)) for group in found.groups]
    table((by or "of", *_REPORTED), [*rows, ("all", *_cells(found.whole))], whole=(by or "of",))
    told = ", ".join(f"{action.value} {count}" for action, count in found.whole.actions.items())
    if told:
        say(f"told: {told}")


def _cells(figures: ClickThrough) -> tuple[str, ...]:
    between = f"{_percent(figures.low)} to {_percent(figures.high)}"
    return (
        str(figures.displayed),
        str(figures.clicked),
        _percent(figures.rate),
        between if figures.displayed else "-",
        str(figures.unseen),
    )


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"


def _write_csv(found: Report) -> None:
    """Write a line a group, and `all` last."""
    from jackfield.entrypoints.cli.advised import FIGURES, UNKNOWN, figures_view
    from jackfield.entrypoints.cli.sheets import show_csv

    groups = [(group.key or UNKNOWN, group.figures) for group in found.groups]
    rows = [{"group": key, **figures_view(figures)} for key, figures in [*groups, ("all", found.whole)]]
    show_csv(("group", *FIGURES), rows)
