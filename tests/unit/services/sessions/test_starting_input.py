"""What is wanted of a session is checked before anything is held or sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import pytest

from jackfield.domain.model.decisions import Choice, Reason
from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, SESSION_KEY
from jackfield.domain.services.sessions.asked.values import Overflow
from tests.unit.services.sessions.starters import House, opened, wanted


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def choice(prompt: str, version: str = "1.0.0", pin: str = "jf1.a.b") -> Choice:
    return Choice(prompt, version, Reason.DEFAULT, datetime(2026, 1, 1, tzinfo=UTC), timedelta(), pin=pin)


CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"customer": None}, "customer: it is a text, not nothing"),
    ({"customer": ""}, "customer: it is empty"),
    ({"customer": " \t"}, "customer: it is empty"),
    ({"customer": "x\ud800"}, "customer: it is empty, over 1,000 characters, or holds what cannot"),
    ({"customer": "x\0"}, "customer: "),
    ({"customer": "x" * 1_001}, "customer: "),
    ({"type": ""}, "type: it is empty"),
    ({"type": 7}, "type: it is a text"),
    ({"bot": None}, "bot: it is a text"),
    ({"language": "\n"}, "language: "),
    ({"skills": "a"}, "skills: it is a list"),
    ({"skills": ["a", "\ud800"]}, "skills: it is empty, over 1,000 characters, or holds what cannot"),
    ({"attributes": None}, "attributes: it is a Mapping"),
    ({"attributes": {"a": nan}}, "not a finite number"),
    ({"attributes": CYCLE}, "it holds itself"),
    ({"attributes": {1: "a"}}, "a key is a text, not a int"),
    ({"attributes": {"a": "x" * LIMIT_BYTES}}, f"at most {LIMIT_BYTES:,}; the largest are 'a'"),
    ({"attributes": {SESSION_KEY: "mine"}}, "attributes: 'jackfield.session' is a key of Jackfield's own"),
    ({"attributes": {"jackfield.mine": "x"}}, "'jackfield.mine' is a key of Jackfield's own"),
    ({"attributes": {"jackfield.pinned": "x"}}, "'jackfield.pinned' is a key of Jackfield's own"),
    ({"language": "x" * 36}, "language: it must be a language tag"),
    ({"language": "German, please"}, "language: it must be a language tag"),
    ({"attributes": {"jackfield.handoff.id": "x"}}, "'jackfield.handoff.id' is a key of Jackfield's own"),
    ({"choices": choice("a")}, "choices: it is a list"),
    ({"choices": ("1.0.0",)}, "choices: it holds a value of type str"),
    ({"choices": (choice("a"), choice("a", "1.1.0"))}, "choices: a prompt is there twice"),
    ({"choices": (choice("a"),), "attributes": {"jackfield.pin": "x"}}, "'jackfield.pin' is given, and"),
    ({"when_full": "wait"}, "when_full: it says nothing that can be done"),
    ({"when_full": Overflow}, "when_full: it says nothing that can be done"),
    ({"deadline": 20}, "deadline: it is a timedelta"),
    ({"deadline": timedelta()}, "deadline: it is more than nothing"),
    ({"deadline": timedelta(hours=2)}, "deadline: it is more than nothing, and at most 1 h"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG, ids=lambda value: repr(value)[:40])
def test_what_is_wrong_is_told_and_nothing_is_sent(house: House, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.start(**wrong)
    assert told in str(refused.value)
    assert house.gateway.calls == []
    assert house.leases() == ()


def test_an_unknown_bot_is_told_with_those_that_there_are(house: House) -> None:
    with pytest.raises(NotFound, match="bot: there is no bot 'sales'; there are: retail; name one of these"):
        house.start(bot="sales")
    assert house.gateway.calls == []


def test_attributes_that_leave_no_room_for_our_id_are_refused_before_anything_is_sent(house: House) -> None:
    text = "x" * (LIMIT_BYTES - len('{"a":""}'))
    with pytest.raises(InvalidInput, match="the largest are 'a'"):
        house.start(attributes={"a": text})
    assert house.gateway.calls == []


def test_attributes_up_to_the_limit_with_our_id_are_sent(house: House) -> None:
    room = LIMIT_BYTES - len('{"a":"","jackfield.session":"id-1"}')
    loaded = house.start(attributes={"a": "x" * room})
    assert loaded.state.session.attributes.size == LIMIT_BYTES


def test_a_choice_is_kept_as_a_version_and_a_pin(house: House) -> None:
    session = house.start(choices=[choice("refund", "1.2.0", pin="jf1.x.y")]).state.session
    assert session.versions == (("refund", "1.2.0"),)
    assert session.attributes.values()["jackfield.pin"] == "jf1.x.y"


def test_several_choices_have_a_pin_each(house: House) -> None:
    session = house.start(choices=[choice("refund", pin="p1"), choice("greeting", pin="p2")]).state.session
    values = session.attributes.values()
    assert values == {"jackfield.pin.refund": "p1", "jackfield.pin.greeting": "p2", SESSION_KEY: session.id}


def test_a_choice_without_a_pin_keeps_its_version_alone(house: House) -> None:
    session = house.start(choices=[choice("refund", pin="")]).state.session
    assert session.versions == (("refund", "1.0.0"),)
    assert session.attributes.values() == {SESSION_KEY: session.id}


def test_a_pin_that_the_caller_wrote_is_kept(house: House) -> None:
    session = house.start(attributes={"jackfield.pin": "jf1.x.y"}).state.session
    assert session.attributes.values()["jackfield.pin"] == "jf1.x.y"


def test_what_is_wanted_shows_no_customer_and_no_attributes(house: House) -> None:
    assert "canary" not in repr(wanted(customer="canary", attributes={"a": "canary"}))


@pytest.mark.parametrize("queue", ["", "  ", "front\ndesk"])
def test_an_overflow_to_no_queue_is_refused(queue: str) -> None:
    with pytest.raises(InvalidInput, match="queue: it is empty, or holds what cannot be printed"):
        Overflow(queue)
