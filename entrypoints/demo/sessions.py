"""The story of three sessions: the bot keeps one, people take over one, and for one there is no place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.sessions.policy import Act, Decision, Reason
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, Overflow, Proceed, TurnResult
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.entrypoints.core import Acting, Core
from jackfield.entrypoints.demo import ends
from jackfield.entrypoints.demo.crm import Crm
from jackfield.entrypoints.demo.frontdesk import Frontdesk
from jackfield.entrypoints.demo.people import ADA, BEN, BOT, CLEO, LIMIT, QUEUE, Customer
from jackfield.entrypoints.demo.receiver import listening, new_secret
from jackfield.entrypoints.demo.stage import Stage

_BEGAN: Final = datetime(2026, 3, 23, 9, tzinfo=UTC)
_READING: Final = timedelta(seconds=20)


def tell(stage: Stage, folder: Path, crm: Crm | None = None) -> None:
    """Tell the story in an empty *folder*; *crm* hears of what is over."""
    crm = crm or Crm()
    with listening(crm) as url:
        desk = Frontdesk(clock=FrozenClock(_BEGAN), crm=url, secret=new_secret())
        with desk.core(folder) as core:
            me = core.acting_as("parcel-chat", reason="customers of the chat")
            three = _begin(stage, me)
            _contained(stage, desk, three[0])
            _escalated(stage, desk, three[1])
            ends.tell(stage, desk, core, three)
            ends.sync(stage, desk, core, crm)
            _explain(stage, core, three[1].id)
            ends.report(stage, desk, core)


def _begin(stage: Stage, me: Acting) -> tuple[ActingSession, ActingSession, ActingSession]:
    stage.act(f"A bot has {LIMIT} customers at a time, and not one more. Three come")
    me.sessions.register_notices()
    ada, ben, cleo = (_started(stage, me, customer) for customer in (ADA, BEN, CLEO))
    stage.insist("the bot has two of them", holds=ada.may_speak() and ben.may_speak())
    there = cleo.view()
    overflowed = (there.standing, there.queue) == (Standing.HANDING_OVER, QUEUE)
    stage.insist("the third waits for people", holds=overflowed)
    return ada, ben, cleo


def _started(stage: Stage, me: Acting, customer: Customer) -> ActingSession:
    session = me.sessions.start(
        bot=BOT,
        customer=customer.name.lower(),
        attributes={"tier": "private"},
        language="en",
        when_full=Overflow(),
    )
    there = session.view()
    where = f"with {there.bot}" if there.bot_may_speak else f"the bot is full; waits in {there.queue}"
    stage.say(f"{customer.name:<5} {there.standing}, {where}")
    return session


def _contained(stage: Stage, desk: Frontdesk, session: ActingSession) -> None:
    stage.act("Ada is understood. Every turn is one decision, made of numbers")
    for text in ADA.says:
        result = _said(stage, desk, session, ADA, text)
        stage.insist("the bot goes on with Ada", holds=isinstance(result, Proceed))
    desk.clock.advance(_READING)
    view = session.close("resolved")
    stage.say(f"Ada   {view.standing}, as resolved: the platform was told")
    stage.insist("her session is not over before the platform says so", holds=view.end is None)


def _escalated(stage: Stage, desk: Frontdesk, session: ActingSession) -> None:
    stage.act("Ben is not quite understood, so the bot asks back. His second answer is enough")
    first, second = (_said(stage, desk, session, BEN, text) for text in BEN.says)
    stage.insist("the bot asks back once", holds=isinstance(first, Clarify))
    stage.insist("then people take over", holds=isinstance(second, Escalated))
    if not isinstance(second, Escalated):
        return
    reason = second.decision and second.decision.reason
    stage.insist("they do because of his mood", holds=reason is Reason.SENTIMENT)
    stage.insist("the platform has it in the queue of people", holds=second.routed)
    handoff = second.handoff
    stage.say(f"bot   {handoff.customer_message}")
    stage.say(f"queue {handoff.queue}; people read: {handoff.summary}")
    try:
        session.turn("Hello?")
    except Conflict as error:
        stage.say(f"Ben writes once more, and the bot is silent: {error.message}")
    else:
        stage.insist("the bot is silent then", holds=False)
    stage.say(f"Ben   {session.accepted().standing}: somebody took him out of the queue")


def _said(stage: Stage, desk: Frontdesk, session: ActingSession, customer: Customer, text: str) -> TurnResult:
    desk.clock.advance(_READING)
    stage.say(f"{customer.name:<5} {text}")
    result = session.turn(text)
    stage.say(_decided(result))
    return result


def _decided(result: TurnResult) -> Iterator[str]:
    decision = result.decision
    if decision is not None:
        yield f"      {_numbers(decision)}"
    if isinstance(result, Clarify):
        yield f"bot   {result.text}"


def _numbers(decision: Decision) -> str:
    signals = decision.signals
    turn, mood = signals.turn, 0.0 if signals.mood is None else signals.mood
    heard = f"{turn.intent} {turn.confidence or 0:.2f}, mood {mood:+.2f}"
    return f"{heard}: {_done(decision)}"


def _done(decision: Decision) -> str:
    return f"{decision.act} ({'; '.join(map(str, decision.findings))})" if decision.findings else decision.act


def _explain(stage: Stage, core: Core, session: str) -> None:
    stage.act("Why did Ben get people? The log knows. And what if the bot never asked back?")
    own = core.sessions.explain(session)
    other = core.sessions.explain(session, evolve(own.thresholds, clarify=False))
    for turn in other.turns:
        if turn.decision is None or turn.would_be is None:
            continue
        stage.say(f"turn {turn.number}  {_numbers(turn.decision)}")
        if turn.differs:
            stage.say(f"        then it would be: {_done(turn.would_be)}")
    acts = [turn.decision and turn.decision.act for turn in own.turns]
    stage.insist("the log has both decisions", holds=acts == [Act.CLARIFY, Act.ESCALATE])
    first = other.first
    sooner = first is not None and first.would_be is not None and first.would_be.act is Act.ESCALATE
    stage.insist("people would have had him a turn earlier", holds=sooner and first is other.turns[0])
