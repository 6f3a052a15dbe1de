"""Reports over the sessions that are over: each once, however often and by whomever the log is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown
from jackfield.domain.model.events import START
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.figures import By
from jackfield.domain.model.sessions.happenings import END
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.resolutions import report
from jackfield.domain.model.sessions.told import outcome_of
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.sessions.recorded import tracking
from tests.unit.services.sessions.enders import Ends, ends_in, on_ledger
from tests.unit.services.sessions.starters import bot

ENDS = (
    (EndReason.TRIGGERED_BY_FLOW, Resolution.RESOLVED),
    (EndReason.TRIGGERED_BY_USER, None),
    (EndReason.ERROR, None),
)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None), bot("bank", limit=None)) as found:
        yield found


def busy(ends: Ends, count: int) -> None:
    """Let sessions begin and end."""
    for number in range(count):
        loaded = ends.house.start(bot=("retail", "bank")[number % 2], customer=f"customer-{number % 7}")
        loaded = ends.turned(loaded) if number % 3 else loaded
        ends.house.pass_time(600 + number)
        loaded = ends.with_people(loaded) if number % 5 == 0 else loaded
        reason, resolution = ENDS[number % 3]
        ends.end(loaded, reason, resolution=resolution)


def outcomes(ends: Ends) -> list[Outcome]:
    found = [outcome_of(event.payload) for event in ends.events(END)]
    return [each for each in found if each is not None]


@pytest.mark.parametrize("by", [None, *By])
def test_a_report_is_what_the_definitions_make_of_the_log(ends: Ends, by: By | None) -> None:
    busy(ends, 40)
    ends.house.pass_time(86_400)
    found = ends.sessions.report(by=by)
    assert found.report == report(outcomes(ends), until=ends.house.clock.now(), by=by)
    assert (found.whole.sessions, found.by) == (40, by)


def test_looks_in_between_change_nothing(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "FULL", 7)
    monkeypatch.setattr(tracking, "_KEPT_EVERY", 25)
    for count in (3, 9, 0, 20):
        busy(ends, count)
        ends.sessions.report()
    assert len(ends.house.ledger.subjects(ends.house.records.organization, Kind.SESSIONS)) == 1 + 32 // 7
    found = ends.sessions.report(by=By.INTENT)
    assert found.report == report(outcomes(ends), until=ends.house.clock.now(), by=By.INTENT)


def test_what_cannot_be_kept_is_counted_all_the_same(ends: Ends, tmp_path: Path) -> None:
    busy(ends, 5)
    with SqliteLedger(tmp_path / "ledger.db") as second:
        theirs = on_ledger(ends, second)
        seen = ends.sessions.tracking.look(keep=False)
        theirs.report()
        assert sum(len(batch) for batch in ends.sessions.tracking.batches(seen)) == 5
        assert ends.sessions.report().whole.sessions == theirs.report().whole.sessions == 5


def test_sessions_count_by_when_they_began(ends: Ends) -> None:
    begun = ends.house.clock.now()
    busy(ends, 10)
    middle = begun + timedelta(seconds=3_000)
    early, late = ends.sessions.report(since=begun, until=middle), ends.sessions.report(since=middle)
    assert early.whole.sessions + late.whole.sessions == 10
    assert early.whole.sessions == sum(each.started < middle for each in outcomes(ends))


def test_a_report_of_one_bot_has_its_sessions_alone(ends: Ends) -> None:
    busy(ends, 9)
    found = ends.sessions.report(bot="bank", by="bot")
    assert (found.whole.sessions, [group.key for group in found.groups]) == (4, ["bank"])


def again(ends: Ends, first: str, second: str, *, over: bool = True) -> None:
    """Let a customer be content with one bot, and come back to another an hour later."""
    loaded = ends.turned(ends.house.start(bot=first))
    ends.end(loaded, EndReason.TRIGGERED_BY_FLOW, resolution=Resolution.RESOLVED)
    ends.house.pass_time(3_600)
    loaded = ends.turned(ends.house.start(bot=second))
    if over:
        ends.end(loaded, EndReason.TRIGGERED_BY_FLOW, resolution=Resolution.RESOLVED)
    ends.house.pass_time(3 * 86_400)


@pytest.mark.parametrize("by", [None, By.BOT, By.DAY])
def test_who_comes_back_to_another_bot_was_not_contained_by_the_first(ends: Ends, by: By | None) -> None:
    again(ends, "retail", "bank")
    alone = {bot: ends.sessions.report(bot=bot, by=by).whole for bot in ("retail", "bank")}
    groups = {group.key: group.figures for group in ends.sessions.report(by="bot").groups}
    assert alone == groups
    assert [alone[bot].functional_containment for bot in ("retail", "bank")] == [0.0, 1.0]


def test_who_is_back_and_not_done_yet_was_not_contained(ends: Ends) -> None:
    again(ends, "retail", "bank", over=False)
    found = ends.sessions.report(since=ends.house.clock.now() - timedelta(days=6)).whole
    assert (found.sessions, found.functional_containment) == (1, 0.0)


def test_a_start_that_came_to_nothing_is_no_return(ends: Ends) -> None:
    loaded = ends.turned(ends.house.start(bot="retail"))
    ends.end(loaded, EndReason.TRIGGERED_BY_FLOW, resolution=Resolution.RESOLVED)
    ends.house.pass_time(60)
    ends.house.gateway.cut("start", When.BEFORE, OutcomeUnknown("the line broke"))
    with pytest.raises(OutcomeUnknown):
        ends.house.start(bot="bank")
    ends.house.pass_time(3 * 86_400)
    assert ends.sessions.report().whole.functional_containment == 1.0


def test_of_no_session_there_is_no_rate(ends: Ends) -> None:
    assert ends.sessions.report().whole.containment is None


def test_what_was_erased_after_it_was_read_is_still_counted(ends: Ends) -> None:
    busy(ends, 4)
    ends.sessions.report()
    organization = ends.house.records.organization
    positions = [entry.position for entry in ends.house.ledger.follow(organization, START, 1_000)]
    ends.house.ledger.erase(organization, positions)
    assert ends.sessions.report().whole.sessions == 4


def test_customers_are_kept_as_hashes_alone(ends: Ends) -> None:
    busy(ends, 4)
    kept = ends.sessions.tracking.look().state
    assert "customer-" not in kept.ended


def test_words_and_times_that_do_not_fit_are_refused(ends: Ends) -> None:
    with pytest.raises(InvalidInput, match="unknown"):
        ends.sessions.report(by="moon")
    now = ends.house.clock.now()
    with pytest.raises(InvalidInput, match="ends at"):
        ends.sessions.report(since=now, until=now)
