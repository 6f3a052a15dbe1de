"""Click-through: clicked ÷ displayed, each recommendation once, with an honest interval."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped, unused-ignore]

from jackfield.domain.model.advice.feedback import Action, By, Feedback, action, interval, report
from jackfield.domain.model.errors import InvalidInput

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(
    did: Action, name: str = "r", *, source: str = "kb", agent: str = "a", position: int | None = 1
) -> Feedback:
    """What an agent did with a recommendation."""
    return Feedback(
        recommendation=name,
        conversation="c",
        agent=agent,
        action=did,
        time=NOW,
        source=source,
        position=position,
    )


def test_of_nothing_there_is_no_rate() -> None:
    assert report([]).whole.rate is None
    assert report([told(Action.CLICKED)]).whole.rate is None


def test_a_click_counts_once_and_only_on_what_was_displayed() -> None:
    found = report(
        [
            told(Action.CLICKED),
            told(Action.DISPLAYED),
            told(Action.DISPLAYED),
            told(Action.CLICKED),
            told(Action.DISPLAYED, "other"),
            told(Action.CLICKED, "unseen"),
        ]
    ).whole
    assert (found.displayed, found.clicked, found.unseen, found.rate) == (2, 1, 1, 0.5)


def test_groups_are_by_source_position_and_agent() -> None:
    events = [
        told(Action.DISPLAYED, "x", source="one", position=1),
        told(Action.CLICKED, "x", source="one", position=1),
        told(Action.DISPLAYED, "y", source="two", position=None),
    ]
    by_source = report(events, by=By.SOURCE).groups
    assert [(group.key, group.figures.rate) for group in by_source] == [("one", 1.0), ("two", 0.0)]
    assert [group.key for group in report(events, by=By.POSITION).groups] == [None, "1"]
    assert [group.key for group in report(events, by=By.AGENT).groups] == ["a"]


def test_over_a_thousand_groups_are_one_other() -> None:
    events = [told(Action.DISPLAYED, agent=f"agent-{number}") for number in range(1_005)]
    groups = report(events, by=By.AGENT).groups
    assert len(groups) == 1_001
    assert sum(group.figures.displayed for group in groups) == 1_005


@given(st.integers(min_value=1, max_value=500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilson_s(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(method="wilson")
    assert interval(*counts) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("word", ["", "CLICKED", None, 3, "bought"])
def test_an_unknown_action_is_refused_with_the_known_ones(word: object) -> None:
    with pytest.raises(InvalidInput, match="displayed, clicked, copied, dismissed, helpful, wrong"):
        action(word)
