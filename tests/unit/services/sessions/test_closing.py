"""Sessions that a program ends: told to the platform, recorded, and finished whatever was cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    Conflict,
    InvalidInput,
    JackfieldError,
    OutcomeUnknown,
    PermissionDenied,
    Unavailable,
)
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Overflow
from tests.unit.services.sessions.actors import PERSON, Shop


@pytest.fixture
def hearing(shop: Shop) -> Shop:
    """A shop where the platform tells of each end by a notice."""
    shop.sessions = shop.open(notices=True)
    return shop


def test_without_notices_the_end_is_recorded_at_once(shop: Shop) -> None:
    session = shop.start()
    view = session.close(Resolution.RESOLVED)
    assert view.end is not None
    assert (view.end.resolution, view.end.reason, view.end.holder) == (
        Resolution.RESOLVED,
        EndReason.TRIGGERED_BY_FLOW,
        Holder.BOT,
    )
    assert shop.told(session) == [
        "session.close intended",
        "session.close succeeded",
        "session.end succeeded",
    ]
    assert shop.places() == 0


def test_with_notices_the_end_is_left_to_them(hearing: Shop) -> None:
    session = hearing.start()
    view = session.close("resolved")
    assert (view.standing, view.end, view.settling) == (Standing.CLOSING, None, False)
    assert hearing.told(session) == ["session.close intended", "session.close succeeded"]
    assert hearing.places() == 0


def test_a_notice_that_never_came_is_made_up_for(hearing: Shop) -> None:
    session = hearing.start()
    session.close("resolved")
    done = hearing.sessions.closing.settle(session.records.load(session.id))
    assert done.state.session.standing is Standing.CLOSED
    assert hearing.told(session)[2:] == ["session.end succeeded"]


@pytest.mark.parametrize("notices", [True, False])
def test_closing_again_changes_nothing_and_as_another_is_a_conflict(shop: Shop, notices: bool) -> None:
    shop.sessions = shop.open(notices=notices)
    session = shop.start()
    before = session.close("resolved")
    calls, commits = len(shop.gateway.calls), shop.ledger.commits
    assert session.close(Resolution.RESOLVED) == before
    assert (len(shop.gateway.calls), shop.ledger.commits) == (calls, commits)
    with pytest.raises(Conflict, match="already, as resolved; it cannot become abandoned"):
        session.close("abandoned")


@pytest.mark.parametrize("word", ["done", "Resolved", "", None, 1])
def test_an_unknown_resolution_is_refused_with_those_there_are(shop: Shop, word: object) -> None:
    session = shop.start()
    with pytest.raises(InvalidInput, match="resolved, escalated, abandoned, failed"):
        session.close(word)  # type: ignore[arg-type]
    assert session.may_speak()


LOST = [
    (When.BEFORE, Unavailable("the line is cut")),
    (When.BEFORE, PermissionDenied("conversations:write is missing")),
    (When.AFTER, OutcomeUnknown("no answer came")),
]


@pytest.mark.parametrize("notices", [True, False])
@pytest.mark.parametrize(("when", "error"), LOST, ids=["cut", "refused", "lost"])
def test_a_close_without_an_answer_is_finished_by_the_next(
    shop: Shop, when: When, error: JackfieldError, notices: bool
) -> None:
    shop.sessions = shop.open(notices=notices)
    session = shop.start()
    shop.gateway.cut("close", when, error)
    with pytest.raises(type(error)):
        session.close("resolved")
    view = session.view()
    assert (view.standing, view.settling, session.may_speak()) == (Standing.CLOSING, True, False)
    view = session.close("resolved")
    assert (view.standing, view.settling) == (Standing.CLOSING if notices else Standing.CLOSED, False)
    assert shop.told(session).count("session.close intended") == 1
    assert shop.told(session).count("session.close succeeded") == 1
    assert shop.places() == 0


@pytest.mark.parametrize("notices", [True, False])
def test_what_got_no_answer_is_settled_by_anybody(shop: Shop, notices: bool) -> None:
    shop.sessions = shop.open(notices=notices)
    session = shop.start()
    shop.gateway.cut("close", When.AFTER)
    with pytest.raises(OutcomeUnknown):
        session.close("failed")
    other = shop.open(notices=notices)
    done = other.closing.settle(session.records.load(session.id)).state.session
    assert done.end is not None
    assert (done.end.resolution, done.end.reason) == (Resolution.FAILED, EndReason.ERROR)
    assert other.closing.settle(session.records.load(session.id)).state.session == done


def test_what_is_not_being_closed_is_not_settled(shop: Shop) -> None:
    session = shop.start()
    shop.sessions.closing.settle(session.records.load(session.id))
    assert session.may_speak()
    assert "close" not in shop.gateway.calls


def test_the_platforms_own_end_goes_before_ours(shop: Shop) -> None:
    session = shop.start()
    (conversation,) = shop.gateway.conversations
    shop.gateway.finish(conversation, Resolution.ABANDONED)
    shop.pass_time(seconds=60)
    end = session.close("resolved").end
    assert end is not None
    assert (end.resolution, end.at) == (Resolution.ABANDONED, session.view().started)


def test_who_had_it_is_told(shop: Shop) -> None:
    shop.start()
    handed, waiting = shop.start(), shop.start(when_full=Overflow())
    handed.turn(PERSON)
    ends = [each.close(how).end for each, how in ((handed, "escalated"), (waiting, "abandoned"))]
    assert [end and end.holder for end in ends] == [Holder.PEOPLE, Holder.QUEUE]
    assert ends[0] is not None
    assert ends[0].reason is EndReason.AGENT_REQUESTED_BY_USER


def test_a_hand_off_that_is_on_its_way_can_be_closed(shop: Shop) -> None:
    session = shop.start()
    shop.gateway.cut("route", When.BEFORE)
    session.turn(PERSON)
    assert session.close("abandoned").standing is Standing.CLOSED
    assert shop.places() == 0


def test_nothing_of_what_was_said_is_left_in_the_state(shop: Shop) -> None:
    session = shop.start()
    session.turn("hello", tried=["this"])
    session.close("resolved")
    state = shop.state(session)
    assert (state.said, state.tried, state.handoff) == ((), (), None)


def test_a_ledger_that_fails_afterwards_is_an_unknown_outcome_and_closed_again(shop: Shop) -> None:
    session = shop.start()
    shop.ledger.failing = [None, Unavailable("the disk is full")]
    with pytest.raises(OutcomeUnknown, match=r"could not be recorded; mend the ledger \(the disk is full\)"):
        session.close("resolved")
    assert session.close("resolved").standing is Standing.CLOSED


def test_another_process_closes_it_too(shop: Shop, tmp_path: Path) -> None:
    session = shop.start()
    assert shop.open().get(session.id).close("resolved").standing is Standing.CLOSED
    assert session.close("resolved").standing is Standing.CLOSED
