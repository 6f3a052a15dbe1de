"""Feedback that is told again under its name: recorded, counted and delivered once."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import Conflict, InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.services.advice import Advice
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.advice.conftest import ACME, MINUTE, SECOND, Desk, query

CLICK: dict[str, Any] = {"agent": "a-1", "action": "clicked", "conversation": "c-1", "once": "event-7"}


def other(**given: Any) -> dict[str, Any]:
    """The same but for what is given."""
    return CLICK | given


def test_the_same_name_again_is_answered_the_same_and_counts_once(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    first = advice.feedback("two", **CLICK)
    desk.clock.advance(MINUTE)
    assert advice.feedback("two", **CLICK) == first
    assert len(desk.told("advice.feedback")) == 1
    assert len(desk.counted("agentassist_recommendation_clicks")) == 1


def test_another_process_knows_the_name(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    first = advice.feedback("two", **CLICK)
    desk.clock.advance(MINUTE)
    assert desk.open().feedback("two", **CLICK) == first
    assert len(desk.told("advice.feedback")) == 1
    assert len(desk.counted("agentassist_recommendation_clicks")) == 1


def test_several_at_once_have_one_name(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    seen = other(action="displayed")
    first = advice.feedback_all(["one", "two"], **seen)
    assert advice.feedback_all(["one", "two"], **seen) == first
    assert len(desk.told("advice.displayed")) == 2


def test_it_is_in_the_log_behind_what_came_before_when_it_returns(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    advice.feedback("one", agent="a-1", action="copied", conversation="c-1")
    advice.feedback("two", **CLICK)
    kinds = [entry.event.type for entry in desk.ledger.follow(ACME, 0, 10)]  # type: ignore[arg-type]
    assert kinds == ["advice.delivered", "advice.displayed", "advice.feedback", "advice.feedback"]


@pytest.mark.parametrize("changed", [{"action": "copied"}, {"agent": "a-2"}, {"recommendation": "one"}])
def test_other_feedback_under_the_name_is_refused(
    desk: Desk, advice: Advice, changed: dict[str, Any]
) -> None:
    advice.feedback("two", **CLICK)
    given = other(recommendation="two") | changed
    with pytest.raises(InvalidInput, match="other feedback was told under this name") as caught:
        advice.feedback(**given)
    assert (caught.value.place, len(desk.told("advice.feedback"))) == ("once", 1)


def test_what_is_refused_drops_nothing(advice: Advice) -> None:
    advice.query(query())
    advice.feedback("two", **CLICK)
    with pytest.raises(InvalidInput):
        advice.feedback("two", **other(action="wrong"))
    assert advice.query(query()).origin == "cached"


def test_in_another_conversation_it_is_another_name(desk: Desk, advice: Advice) -> None:
    advice.feedback("two", **CLICK)
    advice.feedback("two", **other(conversation="c-2"))
    assert len(desk.told("advice.feedback")) == 2


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"once": " "}, "empty"),
        ({"once": "a\nb"}, "printed"),
        ({"once": "x" * 201}, "200"),
        ({"conversation": None}, "none is named"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(
    desk: Desk, advice: Advice, given: dict[str, object], match: str
) -> None:
    with pytest.raises(InvalidInput, match=match) as caught:
        advice.feedback("two", **other(**given))
    assert (caught.value.place, desk.told()) == ("once", [])


@define(eq=False)
class _Lost(ShakyLedger):
    """A ledger whose answers are lost, though it wrote everything; then it is as it was."""

    lost: int = 1

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write them, and say nothing of it once."""
        done = self.ledger.commit(*changes)
        self.lost -= 1
        if self.lost >= 0:
            raise OutcomeUnknown("no answer", place="ledger")
        return done


def test_after_a_commit_whose_answer_was_lost_it_is_there_once_and_does_what_it_does(desk: Desk) -> None:
    advice = desk.open(ledger=_Lost(desk.ledger))
    wrong = other(action="wrong")
    with pytest.raises(OutcomeUnknown):
        advice.feedback("two", **wrong)
    again = desk.open()
    told = again.feedback("two", **wrong)
    assert (told.action, len(desk.told("advice.feedback"))) == ("wrong", 1)
    assert [each.item.id for each in again.query(query()).accepted] == ["one"]


def test_where_the_ledger_is_away_it_was_not_told(desk: Desk) -> None:
    ledger = ShakyLedger(desk.ledger)
    ledger.failure = Unavailable("the disk is full")
    advice = desk.open(ledger=ledger)
    with pytest.raises(Unavailable):
        advice.feedback("two", **CLICK)
    ledger.failure = None
    assert (desk.told("advice.feedback"), desk.counted("agentassist_recommendation_clicks")) == ([], [])


def test_what_was_erased_of_it_is_not_told_again(desk: Desk, advice: Advice) -> None:
    advice.feedback("two", **CLICK)
    desk.clock.advance(SECOND)
    (entry,) = desk.told("advice.feedback")
    desk.ledger.erase(ACME, [entry.position])
    with pytest.raises(Conflict, match="was erased"):
        advice.feedback("two", **CLICK)
