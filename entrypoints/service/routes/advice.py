"""Advice for agents: asked for, told of what became of it, and summed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import evolve

from jackfield.domain.model.advice.feedback import ClickThrough, Feedback
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Accepted, Rejected, Sieve
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.advice import Advised, Teller
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.moments import moment
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes import advice as said
from jackfield.entrypoints.settings.service import Scope

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def query_advice(call: Call) -> View:
    """Return what is recommended, accepted and rejected both."""
    asked, advice = call.said(said.AskingAdvice), call.serving.advice
    query = AdviceQuery(
        conversation=asked.conversation,
        transcript=asked.transcript,
        agent=asked.agent,
        skills=asked.skills,
        bases=asked.bases,
        channel=asked.channel,
    )
    longest = call.serving.rules.longest
    seconds = asked.deadline_s
    advised = advice.query(
        query,
        deadline=None if seconds is None else min(longest, timedelta(seconds=seconds)),
        sieve=_sieve(asked.sieve, advice.querying.sieve),
    )
    return advised_view(advised)


def _sieve(wanted: said.Sifting | None, usual: Sieve) -> Sieve | None:
    if wanted is None:
        return None
    return evolve(
        usual,
        relevance=usual.relevance if wanted.relevance is None else wanted.relevance,
        age=usual.age if wanted.age_days is None else timedelta(days=wanted.age_days),
        wanted=usual.wanted if wanted.wanted is None else wanted.wanted,
    )


def advised_view(advised: Advised) -> View:
    """Return an answer as plain data."""
    return {
        "id": advised.id,
        "conversation": advised.conversation,
        "agent": advised.agent,
        "accepted": [_accepted(each) for each in advised.accepted],
        "rejected": [_rejected(each) for each in advised.rejected],
        "origin": advised.origin.value,
        "asked": timestamp(advised.asked),
        "age_s": round(advised.age.total_seconds(), 3),
        "until": None if advised.until is None else timestamp(advised.until),
        "whole": advised.whole,
    }


def _accepted(each: Accepted) -> Mapping[str, Any]:
    item = each.item
    return {
        "id": item.id,
        "title": item.title,
        "content": item.content,
        "relevance": item.relevance,
        "published": timestamp(item.published),
        "source": item.source,
        "position": each.position,
        "like": each.like,
        "shown": each.shown,
    }


def _rejected(each: Rejected) -> Mapping[str, Any]:
    title = None if each.item is None else each.item.title
    return {"id": each.id, "title": title, "reason": each.reason.value, "detail": each.detail}


def tell_feedback(call: Call) -> View:
    """Take what an agent saw or did with recommendations."""
    told = call.said(said.TellingFeedback)
    teller = Teller(call.caller.actor, call.caller.reason)
    heard = call.serving.advice.feedback_all(
        [_recommendation(each) for each in told.recommendations],
        agent=told.agent,
        action=told.action,
        conversation=told.conversation,
        teller=teller,
    )
    call.serving.wake(DELIVERIES)
    return {"told": [_told(each) for each in heard]}


def _recommendation(each: said.OnScreen) -> Accepted | str:
    """Return what is told of: with its source and position, where any replica may be told of it."""
    if each.source is None or each.position is None:
        return each.id
    item = Item(id=each.id, title="", content="", relevance=0.0, published=_LONG_AGO, source=each.source)
    return Accepted(item=item, position=each.position)


def _told(each: Feedback) -> Mapping[str, Any]:
    return {
        "recommendation": each.recommendation,
        "conversation": each.conversation,
        "agent": each.agent,
        "action": each.action.value,
        "time": timestamp(each.time),
        "source": each.source,
        "position": each.position,
    }


def report_advice(call: Call) -> View:
    """Return the click-through of what was displayed in the time."""
    asked = call.asked(said.ClicksAsked)
    found = call.serving.advice.report(
        since=moment(asked.since, "since"), until=moment(asked.until, "until"), by=asked.by
    )
    return {
        "by": asked.by and asked.by.value,
        "whole": _clicks(None, found.whole),
        "groups": [_clicks(each.key, each.figures) for each in found.groups],
    }


def _clicks(key: str | None, figures: ClickThrough) -> Mapping[str, Any]:
    return {
        "key": key,
        "displayed": figures.displayed,
        "clicked": figures.clicked,
        "unseen": figures.unseen,
        "rate": figures.rate,
        "low": figures.low,
        "high": figures.high,
        "actions": {action.value: count for action, count in figures.actions.items()},
    }


_TAG: Final = "agent assist"

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/advice/query",
        answer=query_advice,
        summary="Recommend to an agent what to say or look up; what was rejected is told, and why.",
        tag=_TAG,
        takes=said.AskingAdvice,
        gives=said.AdvisedShape,
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/v1/advice/feedback",
        answer=tell_feedback,
        summary="Tell what an agent saw or did with recommendations.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.TellingFeedback,
        gives=said.FeedbackShape,
    ),
    Operation(
        method="GET",
        path="/v1/advice/report",
        answer=report_advice,
        summary="Sum up how often what was displayed was clicked.",
        tag=_TAG,
        asks=said.ClicksAsked,
        gives=said.ClickThroughShape,
    ),
)
