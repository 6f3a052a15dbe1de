"""What is kept of what was said: redacted, cut, few; or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.sessions.handoff import Said, Speaker
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated
from jackfield.domain.services.sessions.recorded.keeping import Keeping
from jackfield.ports.conversations import NotKept
from tests.unit.services.sessions.actors import PERSON, UNSURE, Shop, redacted
from tests.unit.services.sessions.actors import shop as opened

C, B = Speaker.CUSTOMER, Speaker.BOT


def texts(said: tuple[Said, ...]) -> list[str]:
    return [each.text for each in said]


def test_the_last_six_texts_are_kept_redacted(shop: Shop) -> None:
    session = shop.start()
    for number in range(5):
        session.turn(f"turn {number} of 123456", bot_said=f"answer {number}")
    said = shop.state(session).said
    assert [each.speaker for each in said] == [B, C] * 3
    assert texts(said)[-2:] == ["answer 4", "turn 4 of #"]


def test_a_long_text_is_redacted_whole_and_cut_then(shop: Shop) -> None:
    session = shop.start()
    session.turn("x" * 497 + "4111111111111111")
    assert texts(shop.state(session).said) == ["x" * 497 + "#"]


def test_what_the_bot_asked_back_is_known_and_not_there_twice(shop: Shop) -> None:
    shop.understanding.next = [UNSURE]
    session = shop.start()
    asked = session.turn("where is it?")
    assert isinstance(asked, Clarify)
    session.turn("my card", bot_said=asked.text)
    assert texts(shop.state(session).said) == ["where is it?", asked.text, "my card"]


def test_actions_are_kept_once_each(shop: Shop) -> None:
    session = shop.start()
    session.turn("one", tried=["looked up", "refunded 1000"])
    session.turn("two", tried=["looked up"])
    assert shop.state(session).tried == ("looked up", "refunded #")


def not_kept(_: str) -> str:
    return NotKept("not kept")


def unable(_: str) -> str:
    raise Unavailable("nobody redacts")


@pytest.mark.parametrize("redact", [not_kept, unable])
def test_what_cannot_be_redacted_is_not_kept_and_counted(tmp_path: Path, redact: object) -> None:
    with opened(tmp_path) as shop:
        shop.sessions = shop.open(redact=redact, capture=True)
        session = shop.start()
        session.turn("hello", bot_said="hi", tried=["this"])
        (event,) = shop.events(session, "session.turn")
        assert ((event.payload or {})["not_kept"], (event.payload or {})["text"]) == (3, None)
        done = session.turn(PERSON)
        assert isinstance(done, Escalated)
        assert (done.handoff.turns, done.handoff.tried, done.routed) == ((), (), True)
        assert shop.state(session).said == ()


def test_nothing_is_kept_where_the_settings_say_so(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        shop.sessions = shop.open(keep=0)
        session = shop.start()
        session.turn("hello")
        done = session.turn(PERSON)
        assert isinstance(done, Escalated)
        assert (done.handoff.turns, shop.state(session).said) == ((), ())


@pytest.mark.parametrize("turns", [-1, 7, True, "6", 1.5])
def test_other_numbers_are_refused(turns: object) -> None:
    with pytest.raises(InvalidInput, match="turns"):
        Keeping(redact=redacted, turns=turns)  # type: ignore[arg-type]


def test_half_a_surrogate_pair_stops_nobody(shop: Shop) -> None:
    session = shop.start()
    session.turn("half \ud83d of it", bot_said="\udc00")
    done = session.turn(PERSON)
    assert isinstance(done, Escalated)
    assert [each.text for each in done.handoff.turns] == ["?", "half ? of it", PERSON]
