"""Inputs that do not fit, and texts of persons where nobody is to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.signals import Failure
from jackfield.domain.services.sessions.asked.values import Proceed
from jackfield.domain.services.sessions.reads import Sessions
from tests.unit.services.sessions.actors import GOOD, Shop
from tests.unit.services.sessions.enders import Ends, ends_in

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FAR = datetime.max.replace(tzinfo=UTC)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  # what is tested
READS: dict[str, Callable[[Sessions, Any], object]] = {
    "list since": lambda sessions, time: sessions.list(since=time),
    "list until": lambda sessions, time: sessions.list(until=time),
    "report since": lambda sessions, time: sessions.report(since=time),
    "report until": lambda sessions, time: sessions.report(until=time),
    "resolutions since": lambda sessions, time: list(sessions.resolutions(since=time)),
    "resolutions until": lambda sessions, time: list(sessions.resolutions(until=time)),
    "catch_up since": lambda sessions, time: sessions.catch_up(time),
    "catch_up until": lambda sessions, time: sessions.catch_up(None, time),
}


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(
    "time", ["x", 7, LONG_AGO, FAR, NAIVE], ids=["text", "number", "first", "last", "naive"]
)
def test_a_time_that_is_none_is_refused_and_named(
    ends: Ends, read: Callable[[Sessions, Any], object], time: object
) -> None:
    ends.house.start()
    with pytest.raises(InvalidInput, match=r"since|until"):
        read(ends.sessions, time)


def test_thresholds_that_are_none_are_refused(ends: Ends) -> None:
    loaded = ends.house.start()
    with pytest.raises(InvalidInput, match="thresholds: it is a Thresholds, not"):
        ends.sessions.explain(loaded.id, "x")  # type: ignore[arg-type]


def test_catching_up_by_itself_goes_on_where_the_clock_was_set_back(ends: Ends) -> None:
    ends.house.start()
    ends.house.clock.step(timedelta(minutes=-10))
    now = ends.house.clock.now()
    found = ends.sessions.catch_up()
    assert (found.since, found.until) == (now - timedelta(minutes=5), now)


def test_catching_up_until_before_the_oldest_session_has_nothing_to_ask(ends: Ends) -> None:
    ends.house.start()
    until = ends.house.clock.now() - timedelta(days=1)
    found = ends.sessions.catch_up(until=until)
    assert (found.since, found.ended) == (until, 0)


@pytest.mark.parametrize("said", ["tool", Failure.TOOL])
def test_a_failure_may_be_told_by_its_word(shop: Shop, said: Any) -> None:
    shop.understanding.next = [GOOD]
    done = shop.start().turn("hello", failure=said)
    assert isinstance(done, Proceed)
    assert done.decision.signals.turn.failure is Failure.TOOL


@pytest.mark.parametrize("said", ["evaluation", Failure.EVALUATION, "tools", 7, b"tool", ["tool"]])
def test_another_failure_is_refused_with_the_words(shop: Shop, said: Any) -> None:
    session = shop.start()
    with pytest.raises(InvalidInput, match=r"failure: .*give tool or platform"):
        session.turn("hello", failure=said)
    assert session.view().turns == 0


def test_what_programs_write_of_a_customer_stands_in_no_repr(shop: Shop) -> None:
    session = shop.start()
    session.turn("hello", tried=["refunded Mrs. CANARY"])
    done = session.escalate("CANARY is angry", summary="CANARY again", tried=["called CANARY"])
    shown = [repr(done), repr(done.handoff), repr(shop.state(session)), repr(session.view())]
    assert [text for text in shown if "CANARY" in text] == []
    assert "CANARY" in done.handoff.reason


def test_a_reason_of_the_policy_is_shown(shop: Shop) -> None:
    assert "reason='request'" in repr(shop.start().turn("I want to talk to a human"))
