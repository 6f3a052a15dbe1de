"""Whole lives: sessions that are acted on, cut off, recovered, told of, explained and reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.signatures import signed
from jackfield.domain.services.sessions.asked.values import Accepted, Repeat
from jackfield.domain.services.sessions.ending.catching import Catching
from jackfield.domain.services.sessions.ending.hearing import Hearing
from jackfield.domain.services.sessions.ending.noticing import Noticing
from jackfield.domain.services.sessions.ending.recovering import Recovering
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.domain.services.sessions.reads import Sessions
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from tests.unit.services.sessions.actors import ANGRY, GOOD, UNSURE, Shop
from tests.unit.services.sessions.enders import SECRET, KnownResolutions, end_notices, notice
from tests.unit.services.sessions.starters import bot


def sessions_of(shop: Shop) -> Sessions:
    """Put together what a core has, on what acts."""
    me, platform = shop.open(notices=True), KnownResolutions()
    shop.sessions = me
    hearing = Hearing(records=me.records, ending=me.closing.ending)
    tracking = Tracking(records=me.records)
    return Sessions(
        records=me.records,
        tracking=tracking,
        platform=platform,
        noticing=Noticing(notices=end_notices(), hearing=hearing, clock=shop.clock, secrets=(SECRET,)),
        catching=Catching(records=me.records, resolutions=platform, hearing=hearing, tracking=tracking),
        recovering=Recovering(
            records=me.records,
            tracking=tracking,
            start=me.starting.settle,
            handoff=lambda loaded: me.handing.resume(loaded.id, BY_ITSELF),
            close=me.closing.settle,
            expire=me.closing.expire,
            back=me.returning.settle,
        ),
        registering=Registering(records=me.records, notices=end_notices()),
        bots=me.starting.bots,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as stack:
        yield Shop(tmp_path, stack, (bot(limit=2),))


@pytest.fixture
def seen(shop: Shop) -> Sessions:
    return sessions_of(shop)


def told(shop: Shop, seen: Sessions, session: ActingSession, resolution: str) -> object:
    """Let the platform tell of the end."""
    conversation = session.view().conversation
    assert conversation is not None
    body = notice(conversation, shop.clock.now(), resolution, session.id)
    return seen.receive(signed(f"{session.id}-end", shop.clock.now(), body, [SECRET]), body)


def test_an_escalated_session_is_told_explained_and_reported(shop: Shop, seen: Sessions) -> None:
    shop.understanding.next += [GOOD, UNSURE, ANGRY, ANGRY]
    session = shop.start()
    answers = [session.turn("where is my card?") for _ in range(4)]
    shop.pass_time(minutes=10)
    assert told(shop, seen, session, "escalated") == Accepted(session.id)
    found = seen.explain(session.id, seen.explain(session.id).thresholds)
    assert [turn.decision and turn.decision.act.value for turn in found.turns] == [
        "proceed",
        "clarify",
        "proceed",
        "escalate",
    ]
    assert [turn.would_be for turn in found.turns] == [turn.decision for turn in found.turns]
    assert [turn.decision for turn in found.turns] == [answer.decision for answer in answers]
    report = seen.report(by="intent").whole
    assert (report.sessions, report.escalation_rate, report.containment) == (1, 1.0, 0.0)
    assert dict(report.escalation_reasons) == {"sentiment": 1}
    end = seen.get(session.id).end
    assert end is not None
    assert (end.reason, end.holder) == (EndReason.TRIGGERED_BY_FLOW, Holder.PEOPLE)


def test_a_hand_off_that_did_not_get_through_is_told_by_recovering(shop: Shop, seen: Sessions) -> None:
    session = shop.start()
    for _ in range(2):
        shop.gateway.cut("route", When.BEFORE)
    assert not session.escalate().routed
    shop.pass_time(seconds=60)
    found = seen.recover()
    while found.failed:  # the line is cut as often as it is tried
        found = seen.recover()
    assert found.settled == {Standing.HANDING_OVER: 1}
    assert shop.queue(session) == "front-desk"
    assert seen.recover().settled == {}


def test_a_close_that_got_no_answer_is_finished_by_recovering(shop: Shop, seen: Sessions) -> None:
    session = shop.start()
    shop.gateway.cut("close", When.BEFORE)
    with pytest.raises(Unavailable):
        session.close("resolved")
    shop.pass_time(minutes=3)
    assert seen.recover().settled == {Standing.CLOSING: 1}
    end = seen.get(session.id).end
    assert end is not None
    assert (end.resolution, end.reason) == (Resolution.RESOLVED, EndReason.TRIGGERED_BY_FLOW)
    assert told(shop, seen, session, "resolved") == Repeat(session.id)


def test_a_session_that_nobody_goes_on_with_is_closed_on_the_platform_too(shop: Shop, seen: Sessions) -> None:
    session = shop.start()
    shop.pass_time(minutes=15)
    assert seen.recover().expired == 1
    (conversation,) = shop.gateway.conversations.values()
    assert (conversation.active, conversation.resolution) == (False, Resolution.ABANDONED)
    end = seen.get(session.id).end
    assert end is not None
    assert (end.reason, shop.places()) == (EndReason.SESSION_EXPIRED, 0)
    assert told(shop, seen, session, "abandoned") == Repeat(session.id)


def test_from_close_to_notice_is_reported(shop: Shop, seen: Sessions) -> None:
    session = shop.start()
    session.turn("thank you")
    session.close("resolved")
    shop.pass_time(seconds=4)
    assert told(shop, seen, session, "resolved") == Accepted(session.id)
    whole = seen.report().whole
    assert whole.containment == 1.0
    assert whole.termination_p50_ms == pytest.approx(4_000, rel=0.025)


def test_a_customer_who_comes_back_was_not_served(shop: Shop, seen: Sessions) -> None:
    for _ in range(2):
        session = shop.start()
        session.turn("where is my card?")
        told(shop, seen, session, "resolved")
        shop.pass_time(hours=3)
    shop.pass_time(hours=30)
    whole = seen.report(since=shop.clock.now() - timedelta(days=3)).whole
    assert (whole.settled, whole.containment, whole.functional_containment) == (2, 1.0, 0.5)
