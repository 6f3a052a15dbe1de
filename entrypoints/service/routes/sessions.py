"""Sessions of customers with bots: started, looked at, explained, and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, evolve

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.sessions.asked.values import Overflow, Refuse, Wait, WhenFull
from jackfield.entrypoints.cli.lived import explanation_view, figures_view, session_view
from jackfield.entrypoints.service.deadlines import deadline, within
from jackfield.entrypoints.service.moments import moment
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes import sessions as said
from jackfield.entrypoints.service.shapes.listing import FiguresAsked, SessionsAsked, WhatIf
from jackfield.entrypoints.service.shapes.lives import (
    ExplanationShape,
    SessionFiguresShape,
    SessionShape,
    SessionsShape,
)
from jackfield.entrypoints.settings.service import Scope

if TYPE_CHECKING:
    from jackfield.domain.model.decisions import Choice
    from jackfield.domain.services.sessions.recorded.views import SessionView

_AT_ONE_TIME: Final = 100
"""Sessions that may have begun within one microsecond, for pages to hold each once."""
_TICK: Final = timedelta(microseconds=1)


def start_session(call: Call) -> View:
    """Begin a session of a customer with a bot, within its limit."""
    wanted, sessions = call.said(said.StartingSession), call.acting().sessions
    when_full = _when_full(wanted.when_full)
    waiting = when_full.at_most if isinstance(when_full, Wait) else timedelta()
    usual = min(call.serving.rules.longest, sessions.starting.deadline + waiting)
    with within(call, wanted.deadline_s):
        session = sessions.start(
            bot=wanted.bot,
            customer=wanted.customer,
            attributes=wanted.attributes,
            type=wanted.type,
            language=wanted.language,
            choices=[_choice(call, wanted.customer, each) for each in wanted.choices],
            skills=wanted.skills,
            when_full=when_full,
            deadline=deadline(call, wanted.deadline_s) or usual,
        )
    call.serving.deliver()
    return session_view(session.view())


def _choice(call: Call, customer: str, pinned: said.Pinned) -> Choice:
    return call.serving.core.prompts.choose(pinned.prompt, unit=customer, pin=pinned.pin)


def _when_full(wanted: said.WhenFull | None) -> WhenFull | None:
    if wanted is None:
        return None
    if wanted.kind is said.Full.WAIT and wanted.at_most_s is not None:
        return Wait(timedelta(seconds=wanted.at_most_s), _refusing(wanted.then, wanted.queue))
    return _refusing(wanted.kind, wanted.queue)


def _refusing(kind: said.Full | None, queue: str | None) -> Refuse | Overflow:
    return Overflow(queue) if kind is said.Full.OVERFLOW else Refuse()


def get_session(call: Call) -> View:
    """Return a session as it is now."""
    return session_view(call.serving.core.sessions.get(call.path["session"]))


def list_sessions(call: Call) -> View:
    """Return a page of sessions, the newest first.

    A page goes on behind the last session of the one before, whatever has begun since.
    """
    asked = call.asked(SessionsAsked)
    until, behind = moment(asked.until, "until"), _behind(asked.after)
    if behind is not None:
        until = behind[0] + _TICK if until is None else min(until, behind[0] + _TICK)
    found = call.serving.core.sessions.list(
        bot=asked.bot,
        standing=asked.standing,
        since=moment(asked.since, "since"),
        until=until,
        limit=asked.limit + 1 + _AT_ONE_TIME,
    )
    return _page(found, behind, asked.limit)


def _page(found: Sequence[SessionView], behind: tuple[datetime, str] | None, limit: int) -> View:
    ordered = sorted(found, key=lambda each: (each.started, each.id), reverse=True)
    left = [each for each in ordered if behind is None or (each.started, each.id) < behind]
    shown = left[:limit]
    more = len(left) > len(shown)
    return {
        "sessions": [session_view(each) for each in shown],
        "next": f"{timestamp(shown[-1].started)}~{shown[-1].id}" if more else None,
    }


def _behind(after: str | None) -> tuple[datetime, str] | None:
    time, _, identifier = (after or "").partition("~")
    if after is None:
        return None
    found = moment(time, "after")
    if found is None or not identifier:
        raise InvalidInput("it is no page's end", place="after", remedy="give the 'next' of the page before")
    return found, identifier


def explain_session(call: Call) -> View:
    """Return every turn's decision, and what other thresholds would have done of the same words."""
    sessions, identifier = call.serving.core.sessions, call.path["session"]
    named = _named(call.asked(WhatIf))
    found = sessions.explain(identifier)
    return explanation_view(
        sessions.explain(identifier, evolve(found.thresholds, **named)) if named else found
    )


def _named(wanted: WhatIf) -> Mapping[str, Any]:
    named = {name: value for name, value in asdict(wanted).items() if value is not None}
    topics = named.get("topics")
    return named if topics is None else {**named, "topics": tuple(topics.split(","))}


def report_sessions(call: Call) -> View:
    """Return what became of the sessions that began in the time."""
    asked = call.asked(FiguresAsked)
    found = call.serving.core.sessions.report(
        since=moment(asked.since, "since"), until=moment(asked.until, "until"), by=asked.by, bot=asked.bot
    )
    return {
        "since": timestamp(found.since),
        "until": timestamp(found.until),
        "by": found.by and found.by.value,
        "bot": found.bot,
        "whole": {"key": None, **figures_view(found.whole)},
        "groups": [{"key": each.key, **figures_view(each.figures)} for each in found.groups],
    }


_TAG: Final = "sessions"

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/sessions",
        answer=start_session,
        summary="Begin a session of a customer with a bot, within the bot's limit.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.StartingSession,
        gives=SessionShape,
        refuses=(404, 409, 422),
        waits=True,
    ),
    Operation(
        method="GET",
        path="/v1/sessions",
        answer=list_sessions,
        summary="List sessions, the newest first, a page at a time.",
        tag=_TAG,
        asks=SessionsAsked,
        gives=SessionsShape,
    ),
    Operation(
        method="GET",
        path="/v1/sessions/report",
        answer=report_sessions,
        summary="Sum up what became of sessions.",
        tag=_TAG,
        asks=FiguresAsked,
        gives=SessionFiguresShape,
    ),
    Operation(
        method="GET",
        path="/v1/sessions/{session}",
        answer=get_session,
        summary="Show a session as it is now.",
        tag=_TAG,
        gives=SessionShape,
        refuses=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/sessions/{session}/explanation",
        answer=explain_session,
        summary="Say what was decided of each turn and why, also with other thresholds.",
        tag=_TAG,
        asks=WhatIf,
        gives=ExplanationShape,
        refuses=(404,),
    ),
)
