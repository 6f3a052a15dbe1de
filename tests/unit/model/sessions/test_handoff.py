"""What people are told at a hand-off, within the limit, redacted, and the customer exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, Attributes
from jackfield.domain.model.sessions.handoff import (
    LAST_TURNS,
    LONGEST_TURN,
    MESSAGES,
    PREFIX,
    Context,
    Handoff,
    Said,
    Speaker,
    Trend,
    hand_off,
    in_language,
    trend,
)
from jackfield.domain.model.sessions.life import Session, turned
from jackfield.domain.model.sessions.policy import Decision, Watch
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.lives import START, active
from tests.unit.model.sessions.turns import GOOD

CARD = "4111 1111 1111 1111"
NAMES = ("id", "reason", "intent", "language", "summary", "signals", "sentiment", "tried", "turns")


def masked(text: str) -> str:
    return text.replace(CARD, "[card]")


def escalating(**known: Any) -> tuple[Session, Decision]:
    session = active(language="de-AT", **known)
    angry = evolve(GOOD, intent="refund", sentiment=-1.0, requests_person=True)
    session, _ = turned(session, Thresholds(), GOOD, handoff="h", now=START)
    return turned(session, Thresholds(), angry, handoff="h", now=START)


def handed(context: Context = Context(), **known: Any) -> Handoff:  # noqa: B008  # a frozen value
    session, decision = escalating(**known)
    return hand_off(session, context, id="h-1", at=START, queue="billing", redact=masked, decision=decision)


def customers(*texts: str) -> Context:
    return Context(said=[Said(speaker=Speaker.CUSTOMER, text=text) for text in texts])


def test_people_are_told_why_with_the_numbers() -> None:
    handoff = handed()
    assert (handoff.reason, handoff.intent, handoff.trend) == ("request", "refund", Trend.FALLING)
    assert handoff.attributes.values()[PREFIX + "signals"] == [
        "request: the customer asks for a person",
    ]
    assert handoff.signals is not None
    assert (handoff.signals.turns, handoff.signals.turn.confidence) == (2, 0.9)
    assert handoff.attributes.values()[PREFIX + "sentiment"] == {"mood": -0.4, "trend": "falling"}


def test_all_of_it_goes_along_in_the_attributes() -> None:
    context = Context(
        said=[Said(speaker=Speaker.BOT, text="How can I help?")], tried=["lookup_order"], summary="Late."
    )
    handoff = handed(context, attributes=Attributes.of({"tier": "gold"}))
    values = handoff.attributes.values()
    assert list(values) == ["tier", *(PREFIX + name for name in NAMES)]
    assert values[PREFIX + "turns"] == [{"speaker": "bot", "text": "How can I help?"}]
    assert (values[PREFIX + "tried"], values[PREFIX + "summary"]) == (["lookup_order"], "Late.")


def test_without_a_summary_the_numbers_make_one() -> None:
    assert handed().summary == "to people: request; intent: refund; turns: 2; mood: -0.40"


def test_the_last_turns_are_kept() -> None:
    handoff = handed(customers(*(f"turn {n}" for n in range(20))))
    assert [said.text for said in handoff.turns] == [f"turn {n}" for n in range(20 - LAST_TURNS, 20)]


@pytest.mark.parametrize("before", range(LONGEST_TURN - len(CARD) - 2, LONGEST_TURN + 1))
def test_nothing_of_a_number_survives_at_the_cut(before: int) -> None:
    handoff = handed(customers("x" * before + CARD))
    assert "4111" not in handoff.attributes.text
    assert len(handoff.turns[0].text) <= LONGEST_TURN


def test_every_text_is_redacted() -> None:
    said = customers(CARD).said
    handoff = handed(Context(said=said, tried=[f"charge {CARD}"], summary=f"The card is {CARD}."))
    assert CARD not in handoff.attributes.text + handoff.summary + repr(handoff)
    assert handoff.tried == ("charge [card]",)


def test_repr_shows_no_text() -> None:
    shown = repr(handed(customers("I am Crystal")))
    assert "Crystal" not in shown


def test_half_of_a_surrogate_pair_stops_no_hand_off() -> None:
    session = evolve(active(), language="\udfff")
    handoff = hand_off(session, customers("\ud800!"), id="h", at=START, queue="q", redact=masked)
    assert (handoff.turns[0].text, handoff.language) == ("?!", "?")


def test_the_least_important_keys_are_dropped_first_and_named() -> None:
    tier = Attributes.of({"tier": "g" * (LIMIT_BYTES - 250)})
    handoff = handed(customers("hello"), attributes=tier)
    assert handoff.dropped
    assert handoff.dropped == tuple(name for name in map(PREFIX.__add__, NAMES) if name in handoff.dropped)
    assert PREFIX + "turns" in handoff.dropped
    assert PREFIX + "id" not in handoff.dropped
    assert handoff.attributes.values()["tier"] == tier.values()["tier"]


@given(
    size=st.integers(0, LIMIT_BYTES - len('{"k":""}')),
    texts=st.lists(st.text(max_size=600), max_size=8),
    summary=st.text(max_size=50),
)
def test_a_hand_off_is_never_over_the_limit(size: int, texts: list[str], summary: str) -> None:
    context = evolve(customers(*texts), summary=summary, tried=texts)
    handoff = handed(context, attributes=Attributes.of({"k": "v" * size}))
    kept = [PREFIX + name for name in NAMES if PREFIX + name in handoff.attributes.values()]
    assert handoff.attributes.size <= LIMIT_BYTES
    assert not set(kept) & set(handoff.dropped)
    assert {PREFIX + "id", PREFIX + "reason"} <= {*kept, *handoff.dropped}


def test_who_escalates_by_hand_says_why() -> None:
    handoff = hand_off(active(), Context(), id="h", at=START, queue="q", redact=masked, reason="overflow")
    assert (handoff.reason, handoff.findings, handoff.trend) == ("overflow", (), None)


@pytest.mark.parametrize("language", [*MESSAGES, "pt-BR", "DE_at", "xx", "", None, "zh-Hant-TW"])
def test_the_customer_is_told_something_in_every_language(language: str | None) -> None:
    assert in_language(MESSAGES, language).strip()


def test_the_message_is_in_the_customers_language() -> None:
    assert handed().customer_message == MESSAGES["de"]
    assert in_language({"en": "hello", "pt": "oi", "pt-BR": "olá"}, "pt_br") == "olá"
    assert in_language({"en": "hello", "pt": "oi"}, "pt-BR") == "oi"
    assert in_language({"en": "hello", "pt": "oi"}, "fr") == "hello"


@pytest.mark.parametrize("messages", [{}, {"en": " "}])
def test_silence_is_no_message(messages: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="the customer would hear nothing"):
        hand_off(active(), Context(), id="h", at=START, queue="q", redact=masked, messages=messages)


@pytest.mark.parametrize(
    ("moods", "expected"),
    [
        ((), None),
        ((0.5,), None),
        ((0.0, 0.1), Trend.STEADY),
        ((0.5, 0.9, 0.3), Trend.FALLING),
        ((-0.5, -0.9, 0.3), Trend.RISING),
    ],
)
def test_a_trend_is_from_the_oldest_mood_to_the_newest(
    moods: tuple[float, ...], expected: Trend | None
) -> None:
    assert trend(moods) is expected


def test_a_watch_without_moods_has_no_sentiment() -> None:
    handoff = hand_off(evolve(active(), watch=Watch()), Context(), id="h", at=START, queue="q", redact=masked)
    assert PREFIX + "sentiment" not in handoff.attributes.values()
