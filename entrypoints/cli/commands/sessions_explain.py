"""`jackfield sessions explain`: each turn's decision with its numbers, also as other thresholds have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from jackfield.entrypoints.cli.options import Options, pass_options, with_formats

if TYPE_CHECKING:
    from jackfield.domain.model.sessions.policy import Decision
    from jackfield.domain.services.sessions.recorded.explaining import Explained, Explanation

F = TypeVar("F", bound=Callable[..., Any])

_WHOLE: Final = {
    "max_turns": "So many turns, then people.",
    "rejects": "So many turns in a row that are not understood.",
    "clarifications": "The bot asks back so often.",
    "sentiment_turns": "Calm turns in a row that release.",
    "failures": "Turns in a row with a failure.",
}
_FRACTIONS: Final = {
    "confidence_min": "From here on the bot goes on.",
    "confidence_reject": "Below it nothing is understood.",
    "margin_min": "Above the second intent.",
    "sentiment_min": "The mood below which a customer is at risk.",
    "sentiment_weight": "The weight of the newest turn in the mood.",
    "sentiment_margin": "Released so far above the minimum.",
}
_COLUMNS: Final = ("turn", "time (UTC)", "did", "intent", "confidence", "mood", "why")
_CSV: Final = ("number", "time", "act", "reason", "intent", "confidence", "sentiment", "mood", "why")


def _thresholds(command: F) -> F:
    """Add an option for each threshold."""
    kinds: tuple[tuple[dict[str, str], Any], ...] = ((_FRACTIONS, click.FLOAT), (_WHOLE, click.INT))
    for names, kind in kinds:
        for name, help_ in reversed(names.items()):
            option = click.option(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=help_)
            command = option(command)
    clarify = click.option("--clarify/--no-clarify", default=None, help="Whether the bot asks back at all.")
    topics = click.option(
        "--topic", "topics", multiple=True, metavar="INTENT", help="For people; repeatable."
    )
    return clarify(topics(command))


@click.command(
    short_help="Say why a session went as it did, turn by turn.",
    epilog="Example: jackfield sessions explain 0f8fad5bd9cb469fa165 --sentiment-min -0.3",
)
@click.argument("session")
@_thresholds
@with_formats("table", "json", "csv")
@pass_options
def explain(options: Options, /, session: str, *, topics: tuple[str, ...], **given: Any) -> None:
    """Say what was decided of each turn, and of which numbers.

    With other thresholds, also what they would have decided of the same words. They replace the session's
    own, one by one.
    """
    from attrs import evolve

    from jackfield.entrypoints.cli.lived import explanation_view
    from jackfield.entrypoints.cli.output import show_json

    named = {name: value for name, value in given.items() if value is not None}
    named |= {"topics": topics} if topics else {}
    with options.core() as core:
        found = core.sessions.explain(session)
        if named:
            found = core.sessions.explain(session, evolve(found.thresholds, **named))
    if options.json:
        show_json(explanation_view(found))
    elif options.format == "csv":
        _write_csv(found)
    else:
        _draw(found)


def _draw(found: Explanation) -> None:
    from jackfield.entrypoints.cli.output import say, table

    others = found.other is not None
    if not found.turns:
        say(f"{found.session}: it has no turn that the bot decided")
        return
    columns = (*_COLUMNS, "with the others") if others else _COLUMNS
    table(columns, [_row(turn, others=others) for turn in found.turns])
    for line in _notes(found):
        say(line)


def _notes(found: Explanation) -> Iterator[str]:
    if found.erased:
        yield f"{found.erased} erased: from the first of them on nothing is decided again"
    if found.first is not None:
        yield f"turn {found.first.number} is the first that would differ; behind it the customer might have"
        yield "said something else"
    elif found.other is not None:
        yield "nothing would differ"


def _row(turn: Explained, *, others: bool) -> tuple[str, ...]:
    from jackfield.entrypoints.cli.views import time_text

    decision = turn.decision
    cells = (str(turn.number), time_text(turn.time), *_decided(decision))
    if not others:
        return cells
    same = "the same" if turn.would_be else "-"
    return (*cells, _did(turn.would_be) if turn.differs and turn.would_be else same)


def _decided(decision: Decision | None) -> tuple[str, ...]:
    if decision is None:
        return ("erased", "-", "-", "-", "-")
    turn, mood = decision.signals.turn, decision.signals.mood
    return (
        _act(decision),
        turn.intent or "-",
        "-" if turn.confidence is None else f"{turn.confidence:g}",
        "-" if mood is None else f"{mood:.3g}",
        _why(decision) or "-",
    )


def _act(decision: Decision) -> str:
    act = decision.act.value
    return f"{act} ({decision.clarification.value})" if decision.clarification else act


def _did(decision: Decision) -> str:
    what = _act(decision)
    why = _why(decision)
    return f"{what} ({why})" if why else what


def _why(decision: Decision) -> str:
    return "; ".join(map(str, decision.findings))


def _write_csv(found: Explanation) -> None:
    from jackfield.entrypoints.cli.sheets import show_csv

    more = ("would_be", "would_be_why") if found.other is not None else ()
    show_csv((*_CSV, *more), [_flat(turn) for turn in found.turns])


def _flat(turn: Explained) -> dict[str, object]:
    from jackfield.domain.model.events import timestamp
    from jackfield.entrypoints.cli.lived import decision_view

    view = dict[str, Any]() if turn.decision is None else dict(decision_view(turn.decision))
    flat = {name: view.get(name) for name in _CSV}
    return {
        **flat,
        "number": turn.number,
        "time": timestamp(turn.time),
        "why": None if turn.decision is None else _why(turn.decision),
        "would_be": None if turn.would_be is None else turn.would_be.act.value,
        "would_be_why": None if turn.would_be is None else _why(turn.would_be),
    }
