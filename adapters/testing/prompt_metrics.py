"""What every `PromptMetrics` promises, as tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

import pytest
from attrs import evolve

from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.metrics import Reading, Record, Unread, summarize
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import RemoteId

Fill: TypeAlias = Callable[[int, datetime, datetime], RemoteId]
"""Makes a prompt, of a name of its own, that answered so many requests in a time; returns its id."""

_SINCE = datetime(2026, 3, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_UNTIL = _SINCE + _HOUR
_MOMENT = timedelta(milliseconds=1)


def _records(readings: list[Reading]) -> list[Record]:
    return [each for each in readings if not isinstance(each, Unread)]


class PromptMetricsContract:
    """Provide the fixtures `metrics` and `fill` (a `Fill`), and inherit the tests."""

    @pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 1_001])
    def test_gives_every_record_once_whatever_the_pages(
        self, metrics: PromptMetrics, fill: Fill, count: int
    ) -> None:
        prompt = fill(count, _SINCE, _UNTIL)
        found = list(metrics.records(prompt, since=_SINCE, until=_UNTIL))
        assert (len(found), len(set(found))) == (count, count)

    def test_gives_records_that_are_whole(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(50, _SINCE, _UNTIL)
        for record in _records(list(metrics.records(prompt, since=_SINCE, until=_UNTIL))):
            assert record.version
            assert _SINCE <= record.at < _UNTIL
            assert record.latency_ms >= 0
            assert record.tokens >= 0
            assert 0 <= record.success <= 1

    def test_gives_nothing_of_another_time(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(20, _SINCE, _UNTIL)
        assert list(metrics.records(prompt, since=_SINCE - _HOUR, until=_SINCE)) == []
        assert list(metrics.records(prompt, since=_UNTIL, until=_UNTIL + _HOUR)) == []

    def test_gives_nothing_of_another_prompt(self, metrics: PromptMetrics, fill: Fill) -> None:
        fill(20, _SINCE, _UNTIL)
        prompt = fill(3, _SINCE, _UNTIL)
        assert len(list(metrics.records(prompt, since=_SINCE, until=_UNTIL))) == 3  # noqa: PLR2004  # filled

    def test_gives_each_record_in_one_of_two_times(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(40, _SINCE, _UNTIL)
        whole = _records(list(metrics.records(prompt, since=_SINCE, until=_UNTIL)))
        border = sorted(record.at for record in whole)[20]
        before = list(metrics.records(prompt, since=_SINCE, until=border))
        behind = list(metrics.records(prompt, since=border, until=_UNTIL))
        assert sorted(before + behind, key=repr) == sorted(whole, key=repr)

    def test_takes_times_to_the_millisecond_in_any_zone(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(5, _SINCE, _UNTIL)
        since = (_SINCE + _MOMENT / 3).astimezone(None)
        assert len(list(metrics.records(prompt, since=since, until=_UNTIL.astimezone(None)))) == 5  # noqa: PLR2004  # filled

    def test_tells_a_record_again_by_the_same_key(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(30, _SINCE, _UNTIL)
        once, again = (
            {record.key for record in _records(list(metrics.records(prompt, since=_SINCE, until=_UNTIL)))}
            for _ in range(2)
        )
        assert once == again

    def test_sums_up_as_its_records_do(self, metrics: PromptMetrics, fill: Fill) -> None:
        prompt = fill(500, _SINCE, _UNTIL)
        totals = metrics.totals(prompt, since=_SINCE, until=_UNTIL)
        whole = summarize(metrics.records(prompt, since=_SINCE, until=_UNTIL)).whole
        assert (totals.requests, totals.tokens) == (whole.requests, whole.tokens)
        assert (totals.latency_ms, totals.success) == pytest.approx((whole.latency_ms, whole.success))

    def test_has_no_means_of_no_request(self, metrics: PromptMetrics, fill: Fill) -> None:
        totals = metrics.totals(fill(0, _SINCE, _UNTIL), since=_SINCE, until=_UNTIL)
        nothing = evolve(totals, latency_ms=None, latency_p95_ms=None, tokens=None, success=None)
        assert (totals.requests, totals) == (0, nothing)

    def test_has_no_totals_of_a_prompt_that_is_not_there(self, metrics: PromptMetrics) -> None:
        with pytest.raises(NotFound):
            metrics.totals(RemoteId(str(uuid4())), since=_SINCE, until=_UNTIL)
