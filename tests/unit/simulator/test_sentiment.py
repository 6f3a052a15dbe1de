from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.simulator.platform.understanding import sentiment
from jackfield.adapters.simulator.platform.understanding.valences import (
    DEGREES,
    NEGATIONS,
    TRAILING,
    TURNS,
    VALENCES,
)

KNOWN = sorted({*VALENCES, *NEGATIONS, *DEGREES, *TURNS, "my", "order", "!", ".", ":(", "😡"})


@pytest.mark.parametrize(
    "said",
    [
        *("this is terrible service, I am very unhappy", "I'm fed up, this is ridiculous", "I am so angry!"),
        *("Das ist eine Frechheit!", "C'est inacceptable, je suis furieux", "Es un desastre, estoy furioso"),
        *("No, that is wrong. Forget it, this is useless!", "THE WORST APP"),
    ],
)
def test_the_angry_are_heard(said: str) -> None:
    assert sentiment(said) <= -0.6


@pytest.mark.parametrize(
    "said",
    [
        *("thank you so much!", "great, thanks", "Perfekt, vielen Dank, danke!", "merci, c'est parfait"),
        *("gracias, muy amable", "it was slow but you helped me, thanks", ":) 👍"),
    ],
)
def test_the_content_are_heard(said: str) -> None:
    assert sentiment(said) >= 0.5


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "?!", "where is my order?", "I want to cancel my recent order", "Good morning"),
        *("wo ist meine Bestellung?", "je voudrais changer mon adresse", "quiero cambiar mi dirección"),
    ],
)
def test_who_only_asks_has_no_mood(said: str) -> None:
    assert sentiment(said) == 0


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ("it is not good", "it is good"),
        ("it is bad", "it is not bad"),
        ("it does not work", "it works"),
        ("your app never works", "your app works"),
        ("das funktioniert nicht", "das funktioniert"),
        ("ce n'est pas bon", "c'est bon"),
        ("no es bueno", "es bueno"),
        ("I am very angry", "I am angry"),
        ("I am annoyed", "I am slightly annoyed"),
        ("this is awful!!!", "this is awful"),
        ("you were polite but this is useless", "this is useless but you were polite"),
        ("thanks", "thanks, that is great"),
        ("nothing, it is broken", "nothing is broken"),
    ],
)
def test_what_stands_around_a_word_counts(worse: str, better: str) -> None:
    assert sentiment(worse) < sentiment(better)


def test_a_negation_does_not_reach_into_the_next_clause() -> None:
    assert sentiment("No. This is wrong") == sentiment("This is wrong")


def test_greetings_are_no_praise() -> None:
    assert sentiment("Good evening, this is awful") == sentiment("this is awful")


def test_no_word_is_listed_twice_or_without_a_mood() -> None:
    assert 0 not in VALENCES.values()
    assert not set(VALENCES) & (NEGATIONS | TURNS)


def test_what_comes_behind_a_word_to_turn_it_is_a_negation() -> None:
    assert TRAILING <= NEGATIONS


@given(st.text(max_size=400))
def test_any_text_has_one_mood_from_minus_1_to_1(said: str) -> None:
    assert -1 <= sentiment(said) <= 1
    assert sentiment(said) == sentiment(said)


@given(st.lists(st.sampled_from(KNOWN), max_size=200))
def test_no_heap_of_strong_words_leaves_the_scale(said: list[str]) -> None:
    assert -1 <= sentiment(" ".join(said)) <= 1


@given(st.integers(1, 60))
def test_more_of_the_same_is_never_milder(times: int) -> None:
    assert sentiment("terrible. " * (times + 1)) <= sentiment("terrible. " * times) < 0
