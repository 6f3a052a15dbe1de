"""Which answer feedback is of: by what this process displayed, else by what the log has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.advice.feedback import Report
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.domain.services.advice import Advice, OnScreen
from tests.unit.services.advice.conftest import MINUTE, Desk, query


class _Blind(ShakyLedger):
    """A ledger of which nothing can be followed."""

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        """Give nothing."""
        del organization, after, limit, subject
        return ()


def keyed(report: Report) -> dict[str | None, tuple[int, int]]:
    """What was displayed and clicked, by group."""
    return {each.key: (each.figures.displayed, each.figures.clicked) for each in report.groups}


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("source", {"kb-billing": (2, 1)}),
        ("position", {"1": (1, 0), "2": (1, 1)}),
        ("agent", {"a-1": (2, 1)}),
    ],
)
def test_a_click_of_another_process_counts_where_it_was_displayed(
    desk: Desk, advice: Advice, by: str, groups: dict[str, tuple[int, int]]
) -> None:
    advice.displayed(advice.query(query()))
    advice.flush()
    desk.clock.advance(MINUTE)
    other = desk.open()
    told = other.feedback("two", agent="a-1", action="clicked", conversation="c-1")
    desk.clock.advance(MINUTE)
    assert keyed(other.report(by=by)) == groups
    assert (told.source, told.position, told.known) == ("kb-billing", 2, True)


def test_a_click_of_another_process_is_measured_by_its_source(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    advice.flush()
    desk.open().feedback("two", agent="a-2", action="clicked", conversation="c-1")
    assert desk.counted("agentassist_recommendation_clicks") == [
        ({"source_id": "kb-billing", "agent_id": "a-2"}, 1)
    ]


def test_what_is_displayed_by_its_id_alone_stood_where_the_answer_had_it(advice: Advice) -> None:
    advice.query(query())
    told = advice.feedback("two", agent="a-1", action="displayed", conversation="c-1")
    assert (told.source, told.position) == ("kb-billing", 2)


def test_what_was_displayed_without_its_place_counts_where_the_answer_had_it(
    desk: Desk, advice: Advice
) -> None:
    advice.query(query())
    advice.flush()
    blind = desk.open(ledger=_Blind(desk.ledger))
    told = blind.feedback("two", agent="a-1", action="displayed", conversation="c-1")
    blind.flush()
    desk.clock.advance(MINUTE)
    assert (told.position, keyed(advice.report(by="position"))) == (None, {"2": (1, 0)})


def test_what_is_told_of_its_place_is_believed(advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    here = OnScreen("two", "kb-own", None)
    told = advice.feedback(here, agent="a-1", action="clicked", conversation="c-1")
    assert (told.source, told.position) == ("kb-own", 2)


@pytest.mark.parametrize(
    ("source", "position", "place"),
    [
        ("kb\ud800", 1, "source"),
        (7, 1, "source"),
        ("kb", 2**53, "position"),
        ("kb", 1.5, "position"),
        ("kb", True, "position"),
    ],
)
def test_a_place_that_the_log_cannot_hold_is_refused(
    desk: Desk, advice: Advice, source: Any, position: Any, place: str
) -> None:
    advice.query(query())
    with pytest.raises(InvalidInput, match=f"^{place}: "):
        advice.feedback(OnScreen("two", source, position), agent="a-1", action="clicked", conversation="c-1")
    assert len(desk.told()) == 1


def test_without_a_conversation_it_is_where_the_agent_last_saw_it(desk: Desk, advice: Advice) -> None:
    for name in ("c-1", "c-2"):
        advice.displayed(advice.query(query(conversation=name)))
    advice.flush()
    other = desk.open()
    told = [other.feedback("one", agent=agent, action="copied") for agent in ("a-1", "a-2")]
    assert [(each.conversation, each.known) for each in told] == [("c-2", True), ("", True)]


@pytest.mark.parametrize("conversation", ["c-1", "c-2", None])
def test_what_nobody_recommended_is_taken_and_said_to_be_unknown(
    desk: Desk, advice: Advice, conversation: str | None
) -> None:
    advice.displayed(advice.query(query()))
    for _ in range(2):
        told = advice.feedback("made-up", agent="a-1", action="displayed", conversation=conversation)
        assert not told.known
    told = advice.feedback("made-up", agent="a-1", action="helpful", conversation=conversation)
    (entry,) = desk.told("advice.feedback")
    assert (told.known, (entry.event.payload or {})["known"]) == (False, False)


def test_what_processes_share_is_known_where_the_log_has_lost_it(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    other = desk.open(ledger=_Blind(desk.ledger))
    told = other.feedback("one", agent="a-1", action="copied", conversation="c-1")
    assert told.known


def test_while_the_log_cannot_be_read_nothing_is_called_unknown(desk: Desk) -> None:
    ledger = ShakyLedger(desk.ledger)
    ledger.failure = Unavailable("the disk is full")
    told = desk.open(ledger=ledger).feedback("one", agent="a-1", action="copied", conversation="c-1")
    assert told.known
    ledger.failure = None


@pytest.mark.parametrize("items", [["nope"], ["one", "nope"]])
def test_what_the_answer_did_not_accept_was_not_displayed(
    desk: Desk, advice: Advice, items: list[str]
) -> None:
    found = advice.query(query())
    with pytest.raises(InvalidInput, match="'nope' was not accepted in this answer") as caught:
        advice.displayed(found, items=items)
    assert (caught.value.place, desk.told("advice.displayed")) == ("items", [])


@pytest.mark.parametrize("place", ["agent", "conversation"])
@pytest.mark.parametrize("name", ["a\nb", "a\x00", "a\x1b[2J", "a\u2028b"])
def test_names_that_a_line_cannot_show_are_refused(advice: Advice, place: str, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be printed") as queried:
        query(**{place: name})
    with pytest.raises(InvalidInput, match="cannot be printed") as told:
        advice.feedback("one", **{"agent": "a-1", "action": "copied", place: name})  # type: ignore[arg-type]
    assert (queried.value.place, told.value.place) == (place, place)


def test_what_is_no_query_is_told_what_it_is_not(advice: Advice) -> None:
    with pytest.raises(InvalidInput, match="it is an AdviceQuery, not a value of type str"):
        advice.query("c-1")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(InvalidInput, match="it is a Sieve, not a value of type str"):
        advice.query(query(), sieve="all")  # type: ignore[arg-type]  # that is the point
