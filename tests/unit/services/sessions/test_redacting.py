"""Redacting takes its time from the call's own: what does not fit is missing, and the hand-off is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.services.sessions.asked.values import Escalated
from jackfield.domain.services.sessions.handle import ActingSession
from tests.unit.services.sessions.actors import PERSON, Shop
from tests.unit.services.sessions.actors import shop as opened

TEN = timedelta(seconds=10)
MANY = [f"action {number}" for number in range(30)]


@define(eq=False)
class Slow:
    """Redacts a text in 2 seconds."""

    clock: FrozenClock
    seen: list[str] = field(factory=list[str])

    def __call__(self, text: str) -> str:
        """Return *text* after a while."""
        self.clock.sleep(timedelta(seconds=2))
        self.seen.append(text)
        return text


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Shop, Slow]]:
    clock = FrozenClock()
    with opened(tmp_path, clock=clock) as shop:
        redact = Slow(clock)
        shop.sessions = shop.open(redact=redact)
        yield shop, redact


def missing(shop: Shop, session: ActingSession, kind: str) -> object:
    (event,) = (e for e in shop.events(session, kind) if "not_kept" in (e.payload or {}))
    return (event.payload or {})["not_kept"]


def test_a_turn_with_slow_redaction_ends_in_time_and_is_handed_over(slow: tuple[Shop, Slow]) -> None:
    shop, redact = slow
    session, began = shop.start(), shop.clock.monotonic()
    done = session.turn(PERSON, bot_said="hi", tried=MANY, deadline=TEN)
    assert isinstance(done, Escalated)
    assert (done.routed, shop.clock.monotonic() - began) == (True, 8)
    assert redact.seen == [PERSON, "hi", "action 10", "action 11"]
    assert missing(shop, session, "session.turn") == 18


def test_an_escalation_with_slow_redaction_ends_in_time(slow: tuple[Shop, Slow]) -> None:
    shop, redact = slow
    session, began = shop.start(), shop.clock.monotonic()
    done = session.escalate("VIP", summary="angry", tried=MANY, deadline=TEN)
    assert (done.routed, done.handoff.reason, shop.clock.monotonic() - began) == (True, "VIP", 8)
    assert redact.seen == ["VIP", "angry", "action 10", "action 11"]
    assert missing(shop, session, "session.hand_off") == 18


def test_what_the_customer_said_is_kept_also_where_evaluating_took_all_the_time(
    slow: tuple[Shop, Slow],
) -> None:
    shop, _ = slow

    class Sleeping:
        def evaluate(self, text: str, **_: object) -> object:
            shop.clock.sleep(timedelta(seconds=8))
            return shop.understanding.default

    shop.sessions = shop.open(redact=Slow(shop.clock), understanding=Sleeping())  # type: ignore[arg-type]
    session = shop.start()
    session.turn("hello", bot_said="hi", deadline=TEN)
    assert [each.text for each in shop.state(session).said] == ["hello"]


def test_no_more_is_redacted_than_is_kept(shop: Shop) -> None:
    seen = list[str]()

    def redact(text: str) -> str:
        seen.append(text)
        return text

    shop.sessions = shop.open(redact=redact)
    session = shop.start()
    session.turn("hello", tried=[*MANY, *MANY])
    assert seen == ["hello", *MANY[-20:]]
    assert shop.state(session).tried == tuple(MANY[-20:])
    assert missing(shop, session, "session.turn") == 0
