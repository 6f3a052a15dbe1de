"""Where each action counts: at what was displayed, once, so that groups add up to the whole."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.advice.feedback import Action, By, Feedback, Report, report

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANY = st.builds(
    Feedback,
    recommendation=st.sampled_from(["r-1", "r-2"]),
    conversation=st.sampled_from(["", "c-1", "c-2"]),
    agent=st.sampled_from(["a-1", "a-2"]),
    action=st.sampled_from(Action),
    time=st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    source=st.sampled_from([None, "kb-1", "kb-2"]),
    position=st.sampled_from([None, 1, 2]),
)


def told(action: Action, minute: int = 0, **fields: Any) -> Feedback:
    """What agent a-1 did in c-1 with r-1, which nobody said the place of."""
    usual: dict[str, Any] = {"recommendation": "r-1", "conversation": "c-1", "agent": "a-1"}
    return Feedback(action=action, time=NOON + timedelta(minutes=minute), **(usual | fields))


def shown(minute: int = 0, **fields: Any) -> Feedback:
    """It was displayed, first, and of kb-1 unless it is said otherwise."""
    return told(Action.DISPLAYED, minute, **{"source": "kb-1", "position": 1, **fields})


def counted(found: Report) -> dict[str | None, tuple[int, int, int]]:
    """What was displayed, clicked and unseen, by group."""
    return {
        each.key: (each.figures.displayed, each.figures.clicked, each.figures.unseen) for each in found.groups
    }


@pytest.mark.parametrize(("by", "key"), [(By.SOURCE, "kb-1"), (By.POSITION, "1"), (By.AGENT, "a-1")])
def test_a_click_that_tells_no_place_belongs_to_what_was_displayed(by: By, key: str) -> None:
    assert counted(report([shown(), told(Action.CLICKED, 1)], by=by)) == {key: (1, 1, 0)}


@pytest.mark.parametrize(("by", "key"), [(By.SOURCE, "kb-1"), (By.AGENT, "a-1")])
def test_a_click_of_another_agent_belongs_to_what_was_displayed_in_the_conversation(by: By, key: str) -> None:
    assert counted(report([shown(), told(Action.CLICKED, 1, agent="a-2")], by=by)) == {key: (1, 1, 0)}


def test_a_click_in_another_conversation_is_unseen() -> None:
    found = report([shown(), told(Action.CLICKED, 1, conversation="c-2")], by=By.SOURCE)
    assert counted(found) == {None: (0, 0, 1), "kb-1": (1, 0, 0)}


def test_what_moved_counts_where_it_stood_when_it_was_clicked() -> None:
    told_all = [shown(position=3), told(Action.CLICKED, 2), shown(1, position=2), shown(4, position=1)]
    assert counted(report(told_all, by=By.POSITION)) == {"2": (1, 1, 0)}


def test_what_moved_and_was_not_clicked_counts_where_it_stood_last() -> None:
    assert counted(report([shown(position=3), shown(1, position=1)], by=By.POSITION)) == {"1": (1, 0, 0)}


def test_what_was_displayed_without_its_place_has_that_of_the_click() -> None:
    found = report([shown(source=None), told(Action.CLICKED, 1, source="kb-1")], by=By.SOURCE)
    assert counted(found) == {"kb-1": (1, 1, 0)}


@given(st.lists(ANY, max_size=30), st.sampled_from(By))
def test_groups_add_up_to_the_whole(all_told: list[Feedback], by: By) -> None:
    found = report(all_told, by=by)
    figures = [each.figures for each in found.groups]
    assert sum(each.displayed for each in figures) == found.whole.displayed
    assert sum(each.clicked for each in figures) == found.whole.clicked
    assert sum(each.unseen for each in figures) == found.whole.unseen
    actions = Counter[Action]()
    for each in figures:
        actions.update(each.actions)
    assert actions == Counter(found.whole.actions)


@given(st.lists(ANY, max_size=12).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_it_was_told_is_nothing(orders: tuple[list[Feedback], list[Feedback]]) -> None:
    one, other = (report(each).whole for each in orders)
    assert one == other
