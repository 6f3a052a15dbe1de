"""Looking at sessions: one, many, and why each turn went as it did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import BotFull, InvalidInput, NotFound
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.happenings import TURN
from jackfield.domain.model.sessions.policy import Act, Reason
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.domain.services.sessions.asked.values import Overflow
from jackfield.ports.resolutions import Row, Unread
from tests.unit.services.sessions.enders import Ends, ends_in, resolved
from tests.unit.services.sessions.starters import bot

LONG = bot("long", limit=None, thresholds=Thresholds(max_turns=10_000))
DOUBTFUL = Turn(intent="refund", confidence=0.5, sentiment=-0.4)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None), bot("bank", limit=1), LONG) as found:
        yield found


def test_a_session_is_seen_as_it_is_now(ends: Ends) -> None:
    loaded = ends.house.start(language="de")
    ends.house.pass_time(60)
    ends.turned(loaded)
    seen = ends.sessions.get(loaded.id)
    assert (seen.bot, seen.customer, seen.language) == ("retail", "customer-1", "de")
    assert (seen.standing, seen.turns, seen.mood, seen.intent) == (Standing.ACTIVE, 1, -0.25, "refund")
    assert (seen.bot_may_speak, seen.expires) == (True, ends.house.clock.now() + timedelta(minutes=15))
    assert (seen.handoffs, seen.end) == ((), None)


def test_what_a_customer_said_is_not_in_its_repr(ends: Ends) -> None:
    loaded = ends.house.start(customer="Ada Lovelace", attributes={"note": "the card of Ada"})
    assert "Ada" not in repr(ends.sessions.get(loaded.id))


def test_an_unknown_session_is_not_found(ends: Ends) -> None:
    with pytest.raises(NotFound):
        ends.sessions.get("nobody")


def test_sessions_are_listed_the_newest_first(ends: Ends) -> None:
    ids = []
    for _ in range(3):
        ids.append(ends.house.start().id)
        ends.house.pass_time(1)
    assert [each.id for each in ends.sessions.list()] == ids[::-1]
    assert [each.id for each in ends.sessions.list(limit=2)] == ids[:0:-1]


def test_sessions_are_listed_by_bot_standing_and_time(ends: Ends) -> None:
    first = ends.house.start()
    ends.house.pass_time(3_600)
    second, third = ends.house.start(), ends.house.start(bot="bank")
    ends.end(second)
    began = third.state.session.started

    def ids(**wanted: object) -> list[str]:
        return [each.id for each in ends.sessions.list(**wanted)]  # type: ignore[arg-type]  # by name

    assert ids(bot="bank") == [third.id]
    assert ids(standing="closed") == [second.id]
    assert ids(standing=Standing.ACTIVE) == [third.id, first.id]
    assert ids(since=began) == [third.id, second.id]
    assert ids(until=began) == [first.id]
    assert ids(bot="retail", standing="active", since=began) == []


def test_sessions_of_a_long_log_are_all_found(ends: Ends) -> None:
    first = ends.house.start()
    loaded = ends.house.start(bot="long")
    for _ in range(600):
        loaded = ends.turned(loaded)
    assert [each.id for each in ends.sessions.list()] == [loaded.id, first.id]
    assert [each.id for each in ends.sessions.list(limit=1)] == [loaded.id]


@pytest.mark.parametrize(
    "wanted",
    [{"limit": 0}, {"limit": 10_001}, {"standing": "gone"}, {"since": datetime(2026, 1, 1)}],  # noqa: DTZ001
)
def test_absurd_wishes_are_refused(ends: Ends, wanted: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        ends.sessions.list(**wanted)  # type: ignore[arg-type]  # by name


def test_listing_writes_nothing(ends: Ends) -> None:
    ends.house.start()
    ends.sessions.list(standing="active")
    assert ends.sessions.tracking.look(keep=False).revision == 0


def test_every_turn_is_explained_with_its_numbers(ends: Ends) -> None:
    loaded = ends.turned(ends.house.start())
    ends.turned(loaded, Turn(intent="refund", confidence=0.9, sentiment=-1.0))
    first, second = ends.sessions.explain(loaded.id).turns
    assert (first.number, first.decision and first.decision.act) == (1, Act.PROCEED)
    assert second.decision is not None
    assert (second.number, second.decision.act) == (2, Act.ESCALATE)
    assert str(second.decision.findings[0]) == "sentiment: mood -0.625, limit -0.5"


def test_other_thresholds_say_what_they_would_have_done(ends: Ends) -> None:
    loaded = ends.turned(ends.house.start())
    loaded = ends.turned(loaded, DOUBTFUL)
    ends.turned(loaded)
    found = ends.sessions.explain(loaded.id, Thresholds(max_turns=2))
    assert [turn.differs for turn in found.turns] == [False, False, True]
    assert found.first is not None
    assert found.first.would_be is not None
    assert (found.first.number, found.first.would_be.reason) == (3, Reason.MAX_TURNS)
    assert ends.sessions.explain(loaded.id, loaded.state.thresholds).first is None


def test_an_erased_turn_is_said_and_nothing_is_guessed_behind_it(ends: Ends) -> None:
    loaded = ends.house.start()
    for _ in range(3):
        loaded = ends.turned(loaded)
    entries = ends.house.ledger.follow(ends.house.records.organization, 0, 100)  # type: ignore[arg-type]  # the start
    second = [entry.position for entry in entries if entry.event.type == TURN][1]
    ends.house.ledger.erase(ends.house.records.organization, [second])
    found = ends.sessions.explain(loaded.id, Thresholds(max_turns=1))
    assert found.erased == 1
    assert [turn.decision is None for turn in found.turns] == [False, True, False]
    assert [turn.would_be is None for turn in found.turns] == [False, True, True]


def test_a_session_that_a_bot_never_had_has_no_turns(ends: Ends) -> None:
    ends.house.start(bot="bank")
    waiting = ends.house.start(bot="bank", when_full=Overflow("front-desk"))
    assert ends.sessions.explain(waiting.id, Thresholds(max_turns=1)).turns == ()


def test_what_the_platform_knows_is_given_row_by_row(ends: Ends) -> None:
    rows: list[Row] = [resolved("c-1", ends.house.clock.now(), Resolution.RESOLVED), Unread("twice")]
    ends.platform.rows += rows
    ends.house.pass_time(60)
    assert list(ends.sessions.resolutions(bot="retail")) == rows
    assert ends.platform.asked[0][2] == "retail-id"


def test_a_start_that_was_refused_is_no_session(ends: Ends) -> None:
    ends.house.gateway.cut("start", When.BEFORE, BotFull("full", place="bot"))
    with pytest.raises(BotFull):
        ends.house.start()
    assert [each.standing for each in ends.sessions.list()] == [Standing.RELEASED]
    assert ends.sessions.list(standing="active") == ()
