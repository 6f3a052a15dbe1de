"""What ended while nobody listened is read back, and nothing is recorded twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.happenings import END, NOTICE
from jackfield.domain.services.sessions.ending.catching import CaughtUp
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.ports.resolutions import Unread
from tests.unit.services.sessions.enders import Ends, ends_in, resolved
from tests.unit.services.sessions.starters import bot


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None)) as found:
        yield found


def over(ends: Ends, loaded: Loaded, resolution: Resolution | None = None) -> None:
    """Let the platform know that it is over, untold."""
    conversation = loaded.state.session.conversation
    assert conversation is not None
    ends.platform.rows.append(resolved(conversation, ends.house.clock.now(), resolution))


def counts(found: CaughtUp) -> tuple[int, int, int, int]:
    return found.ended, found.known, found.foreign, found.unread


def test_what_was_missed_is_ended(ends: Ends) -> None:
    first, second = ends.house.start(), ends.house.start()
    ends.house.pass_time(59)
    over(ends, first, Resolution.ABANDONED)
    ends.house.pass_time(3_600)
    assert counts(ends.sessions.catch_up()) == (1, 0, 0, 0)
    end = ends.sessions.get(first.id).end
    assert end is not None
    assert (end.resolution, end.reason) == (Resolution.ABANDONED, EndReason.TRIGGERED_BY_USER)
    assert end.recorded - end.at == timedelta(hours=1)
    assert ends.sessions.get(second.id).end is None


def test_again_nothing_is_ended(ends: Ends) -> None:
    loaded, _open = ends.house.start(), ends.house.start()
    ends.house.pass_time(59)
    over(ends, loaded)
    ends.sessions.catch_up()
    assert counts(ends.sessions.catch_up()) == (0, 1, 0, 0)
    assert len(ends.events(END)) == 1


def test_what_is_none_of_ours_is_counted_and_not_recorded(ends: Ends) -> None:
    ends.house.start()
    ends.house.pass_time(70)
    ends.platform.rows += [
        resolved("theirs", ends.house.clock.now()),
        Unread("it cannot be read"),
    ]
    assert counts(ends.sessions.catch_up()) == (0, 0, 1, 1)
    assert ends.events(NOTICE) == []


def test_unless_told_it_looks_from_where_the_oldest_open_session_began(ends: Ends) -> None:
    first = ends.house.start()
    ends.house.pass_time(86_400)
    second = ends.house.start()
    ends.house.pass_time(86_400)
    ends.end(first)
    ends.sessions.catch_up()
    ((since, until, _),) = ends.platform.asked
    assert (since, until) == (
        second.state.session.started - timedelta(minutes=5),
        ends.house.clock.now(),
    )


def test_nothing_is_asked_while_no_session_is_open(ends: Ends) -> None:
    ends.end(ends.house.start())
    assert counts(ends.sessions.catch_up()) == (0, 0, 0, 0)
    assert ends.platform.asked == []


def test_the_time_that_is_named_is_looked_at(ends: Ends) -> None:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    ends.sessions.catch_up(since, until)
    assert ends.platform.asked == [(since, until, None)]


def test_what_was_ended_before_the_line_broke_stays(ends: Ends) -> None:
    sessions = [ends.house.start() for _ in range(230)]
    ends.house.pass_time(30)
    for each in sessions[:-5]:
        over(ends, each)
    ends.platform.error = Unavailable("the line broke")
    with pytest.raises(Unavailable):
        ends.sessions.catch_up()
    assert len(ends.events(END)) == 200
    ends.platform.error = None
    assert counts(ends.sessions.catch_up()) == (25, 200, 0, 0)
    assert len(ends.events(END)) == 225


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime(2026, 1, 1), None),  # noqa: DTZ001  # what is refused
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_a_time_that_does_not_fit_is_refused(ends: Ends, since: datetime, until: datetime | None) -> None:
    with pytest.raises(InvalidInput):
        ends.sessions.catch_up(since, until)
