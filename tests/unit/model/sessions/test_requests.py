"""Who asks for a person, in a few languages, and who does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.requests import ALONE, INTENTS, PHRASES, Requests

DEFAULT = Requests()
FILLING = st.lists(st.sampled_from(["order", "my", "Schuhe", "où", "42", "…", "refund!"]), max_size=5).map(
    " ".join
)


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a human!",
        "TALK TO AN AGENT, NOW",
        "can i talk\nto somebody",
        "Agent.",
        "operator please",
        "Ich möchte mit einem Menschen sprechen",
        "Je veux parler à quelqu\u2019un",
        "s'il vous plaît un conseiller, je veux parler à un conseiller",
        "quiero hablar con una persona",
        "posso falar com alguem?",
        "vorrei parlare con un operatore",
        "Ik wil iemand spreken",
        "オペレーターにつないでください",
    ],
)
def test_these_ask_for_a_person(text: str) -> None:
    assert DEFAULT.ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is my order",
        "the travel agent booked the wrong day",
        "personal data",
        "who operates the store, and is the operator insured?",
        "I want to talk to a personal shopper",
        "a representative sample",
        "担当者",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not DEFAULT.ask(text)


def test_wide_letters_are_letters() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "agent")
    assert DEFAULT.ask(wide)


@given(FILLING, st.sampled_from(PHRASES), FILLING)
def test_a_phrase_asks_wherever_it_stands(before: str, phrase: str, behind: str) -> None:
    assert DEFAULT.ask(f"{before} {phrase.upper()} {behind}")


@pytest.mark.parametrize("word", ALONE)
def test_a_word_alone_asks(word: str) -> None:
    assert DEFAULT.ask(f"  {word.title()}!!")


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_asks_by_its_name(intent: str) -> None:
    assert DEFAULT.ask("…", intent.upper())
    assert not DEFAULT.ask("…", intent + "_of_change")


def test_phrases_intents_and_words_are_settings() -> None:
    house = Requests(intents=("mensch",), phrases=("get me bob", "", "!"), alone=("bob", ""))
    assert house.ask("well, get me Bob")
    assert house.ask("Bob")
    assert house.ask("hm", "Mensch")
    assert not house.ask("talk to a human")
    assert not house.ask("!")


def test_a_list_of_phrases_is_no_text() -> None:
    with pytest.raises(InvalidInput, match="phrases"):
        Requests(phrases="talk to a person")


@given(st.text(max_size=200))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert DEFAULT.ask(text) in {True, False}
