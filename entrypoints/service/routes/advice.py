"""Advice for agents: asked for, told of what became of it, and summed up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import evolve

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.services.advice import OnScreen, Teller
from jackfield.domain.services.advice.values import LONGEST
from jackfield.entrypoints.cli.advised import advised_view, feedback_view, report_view
from jackfield.entrypoints.service.deadlines import deadline
from jackfield.entrypoints.service.moments import moment
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes import advice as said
from jackfield.entrypoints.settings.service import Scope


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
    advised = advice.query(
        query,
        deadline=deadline(call, asked.deadline_s, most=LONGEST),
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


def tell_feedback(call: Call) -> View:
    """Take what an agent saw or did with recommendations."""
    told = call.said(said.TellingFeedback)
    teller = Teller(call.caller.actor, call.caller.reason)
    heard = call.serving.advice.feedback_all(
        [OnScreen(each.id, each.source, each.position) for each in told.recommendations],
        agent=told.agent,
        action=told.action,
        conversation=told.conversation,
        teller=teller,
        once=told.once,
    )
    call.serving.deliver()
    return {"told": [feedback_view(each) for each in heard]}


def forget_advice(call: Call) -> View:
    """Drop every kept answer that a change of a knowledge base could change."""
    base = call.said(said.Forgetting).base
    call.serving.advice.forget(base=base)
    return {"base": base}


def report_advice(call: Call) -> View:
    """Return the click-through of what was displayed in the time."""
    asked = call.asked(said.ClicksAsked)
    now = call.serving.core.audit.clock.now()
    found = call.serving.advice.report(
        since=moment(asked.since, "since", now=now), until=moment(asked.until, "until", now=now), by=asked.by
    )
    return report_view(found, asked.by and asked.by.value)


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
        waits=True,
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
        method="POST",
        path="/v1/advice/forget",
        answer=forget_advice,
        summary="Drop the kept answers that a change of a knowledge base could change.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=said.Forgetting,
        gives=said.ForgottenShape,
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
