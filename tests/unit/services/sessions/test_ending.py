"""The end of a session is recorded once, with all that the CRM needs, and gives its place back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.sessions import life
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.handoff import Said, Speaker
from jackfield.domain.model.sessions.happenings import END
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.told import outcome_of
from jackfield.domain.services.sessions.asked.values import Overflow
from tests.unit.services.sessions.enders import Ends, ends_in


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


def test_an_end_is_told_with_all_that_reports_and_the_crm_need(ends: Ends) -> None:
    loaded = ends.turned(ends.house.start(language="de"))
    ends.house.pass_time(61.5)
    ends.end(loaded, resolution=Resolution.RESOLVED)
    (event,) = ends.events(END)
    assert event.payload == {
        "bot": "retail",
        "bot_id": "retail-id",
        "customer": "customer-1",
        "conversation": "conversation-1",
        "started": "2026-01-01T00:00:00.000000Z",
        "ended": "2026-01-01T00:01:01.500000Z",
        "recorded": "2026-01-01T00:01:01.500000Z",
        "duration_ms": 61_500,
        "messages": 1,
        "handoffs": 0,
        "resolution": "resolved",
        "reason": "TriggeredByUser",
        "holder": "bot",
        "intent": "refund",
        "language": "de",
        "versions": [],
        "escalation": None,
        "queue": None,
        "termination_us": None,
    }


def test_an_outcome_is_read_back_from_what_was_told(ends: Ends) -> None:
    loaded = ends.with_people(ends.turned(ends.house.start()))
    closed = ends.closed(loaded, Resolution.ESCALATED)
    ends.house.pass_time(2)
    done = ends.end(closed)
    (event,) = ends.events(END)
    assert outcome_of(event.payload) == Outcome.of(done.state.session)
    assert event.payload is not None
    assert event.payload["termination_us"] == 2_000_000


@pytest.mark.parametrize(
    "change", [{"messages": "1"}, {"handoffs": True}, {"reason": "because"}, {"started": "today"}, {"bot": 1}]
)
def test_no_outcome_is_read_from_what_was_never_told(ends: Ends, change: dict[str, object]) -> None:
    ends.end(ends.house.start())
    payload = ends.events(END)[0].payload
    assert payload is not None
    assert outcome_of({**payload, **change}) is None


def test_no_outcome_is_read_from_an_erased_payload() -> None:
    assert outcome_of(None) is None
    assert outcome_of({}) is None


def test_a_session_ends_once_however_often_it_is_told(ends: Ends) -> None:
    loaded = ends.house.start()
    first = ends.end(loaded)
    again = ends.end(first, EndReason.ERROR)
    stale = ends.end(loaded, EndReason.ERROR)
    assert first.state == again.state == stale.state
    assert len(ends.events(END)) == 1


def test_a_place_is_given_back_when_the_session_is_over(ends: Ends) -> None:
    loaded = ends.house.start()
    assert len(ends.house.leases()) == 1
    done = ends.end(loaded)
    assert (ends.house.leases(), done.state.slot) == ((), None)


def test_what_was_said_is_not_kept_beyond_the_end(ends: Ends) -> None:
    said = (Said(speaker=Speaker.CUSTOMER, text="my card is lost"),)
    loaded = ends.house.start(when_full=Overflow("front-desk"))
    kept = ends.move(loaded, lambda session: session, said=said, tried=("lookup",))
    state = ends.end(kept).state
    assert (state.said, state.tried, state.handoff, state.pending) == ((), (), None, None)


def test_the_queue_is_told_of_a_session_that_waited_in_it(ends: Ends) -> None:
    for _ in range(2):
        ends.house.start()
    waiting = ends.house.start(when_full=Overflow("front-desk"))
    done = ends.end(waiting)
    payload = ends.events(END)[0].payload
    assert payload is not None
    assert (payload["queue"], payload["holder"]) == ("front-desk", "queue")
    assert (payload["escalation"], payload["handoffs"]) == ("overflow", 1)
    assert done.state.session.queue == "front-desk"


def test_a_session_that_somebody_moved_is_not_ended_over_it(ends: Ends) -> None:
    loaded = ends.house.start()
    ends.turned(loaded)
    with pytest.raises(Conflict):
        ends.end(loaded)
    assert ends.events(END) == []


def test_a_session_that_never_was_on_the_platform_does_not_end(ends: Ends) -> None:
    loaded = ends.house.start()
    reserved = evolve(loaded.state.session, standing=Standing.RESERVED, conversation=None)
    with pytest.raises(Conflict, match="cannot end"):
        ends.end(evolve(loaded, state=evolve(loaded.state, session=reserved)))


def test_what_ended_earlier_than_it_was_heard_of_lasted_until_it_ended(ends: Ends) -> None:
    loaded = ends.house.start()
    ends.house.pass_time(600)
    done = ends.end(loaded, at=ends.house.clock.now() - timedelta(seconds=540))
    assert done.state.session.end is not None
    assert done.state.session.end.at - done.state.session.started == timedelta(seconds=60)


def test_ends_are_measured_with_bounded_labels(ends: Ends) -> None:
    loaded = ends.house.start()
    ends.house.pass_time(30)
    ends.end(loaded, EndReason.SESSION_EXPIRED)
    heard = [(m.name, m.value, dict(m.labels)) for m in ends.house.heard[-2:]]
    assert heard == [
        ("jackfield.session.duration", 30.0, {"resolution": "abandoned"}),
        ("jackfield.session.ends", 1, {"resolution": "abandoned"}),
    ]


def test_an_end_after_a_close_is_what_the_close_said(ends: Ends) -> None:
    closed = ends.closed(ends.house.start(), Resolution.RESOLVED)
    done = ends.end(closed)
    assert done.state.session.end is not None
    assert done.state.session.end.resolution is Resolution.RESOLVED
    assert life.ended(closed.state.session, EndReason.TRIGGERED_BY_USER, now=ends.house.clock.now()).end == (
        done.state.session.end
    )


def test_of_a_session_that_is_over_no_attributes_are_kept(ends: Ends) -> None:
    loaded = ends.house.start(attributes={"order": "canary"})
    assert "canary" in loaded.state.session.attributes.text
    ends.end(loaded)
    assert dict(ends.sessions.get(loaded.id).attributes) == {}
