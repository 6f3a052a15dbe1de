"""Bounds of what is measured, and the ends of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jackfield.domain.services.advice import Advice
from tests.unit.services.advice.conftest import SECOND, Desk, query

DAY = timedelta(days=1)


def test_a_thousand_pairs_of_sources_and_agents_are_told_apart(desk: Desk, advice: Advice) -> None:
    for number in range(1_100):
        advice.hearing.measures.clicked(f"kb-{number % 50}", f"a-{number % 101}")
    told = {tuple(sorted(labels.items())) for labels, _ in desk.counted("agentassist_recommendation_clicks")}
    assert (len(told), (("agent_id", "other"), ("source_id", "other")) in told) == (1_001, True)


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "displayed"),
    [(FIRST, None, 2), (None, FIRST + DAY, 0), (FIRST, LAST, 2)],
)
def test_a_report_may_reach_to_the_ends_of_time(
    desk: Desk, advice: Advice, since: datetime | None, until: datetime | None, displayed: int
) -> None:
    advice.displayed(advice.query(query()))
    desk.clock.advance(SECOND)
    assert advice.report(since=since, until=until).whole.displayed == displayed
