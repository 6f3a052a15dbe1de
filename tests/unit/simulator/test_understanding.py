from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from threading import Barrier, Thread
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.simulator.platform.fresh_bots import BOTS
from jackfield.adapters.simulator.platform.understanding import Guess, Lessons
from jackfield.adapters.simulator.platform.understanding.classifier import Classifier
from jackfield.adapters.simulator.platform.understanding.features import features, words
from jackfield.domain.model.errors import InvalidInput
from tests.unit.simulator.utterances import parted, questions, taught

ACCEPT: Final = 0.6
REJECT: Final = 0.3
NOTHING: Final = Guess("none", 0.0)
FRESH: Final = {bot: Classifier(line.intents) for bot, line in BOTS.items()}
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

utterances = st.text(alphabet="abcdeé '!?1\n", max_size=30)
lessons = st.dictionaries(st.sampled_from("pqrst"), st.lists(utterances, max_size=5), max_size=5)


@pytest.mark.parametrize(
    ("bot", "said", "intent"),
    [
        ("bot-id-123", "I want to cancel my recent order", "cancel_order"),
        ("bot-id-123", "cancel order 12345", "cancel_order"),
        ("bot-id-123", "my order number is 998877, where is it?", "order_status"),
        ("bot-id-123", "I'd like to talk to a human", "talk_to_human"),
        ("bot-id-123", "give me my money back", "refund"),
        ("bot-id-123", "my parcel has not arrived yet", "delivery"),
        ("bot-id-123", "I moved, change my address please", "change_address"),
        ("bot-id-123", "THIS IS TERRIBLE SERVICE", "complaint"),
        ("bot-id-123", "Hello!", "greeting"),
        ("bot-id-456", "I've lost my debit card", "lost_card"),
        ("bot-id-456", "send money to my mother", "transfer"),
        ("bot-id-456", "I forgot my PIN", "login"),
        ("bot-id-789", "cancel my flight please", "cancel_booking"),
        ("bot-id-789", "my suitcase is lost", "baggage"),
        ("bot-id-789", "I need to speak to an agent", "talk_to_human"),
    ],
)
def test_what_is_clear_is_understood_with_confidence(bot: str, said: str, intent: str) -> None:
    guess = FRESH[bot].classify(said)
    assert (guess.intent, guess.confidence >= ACCEPT) == (intent, True)


@pytest.mark.parametrize("bot", FRESH)
@pytest.mark.parametrize(
    "said",
    [
        "who won the football match yesterday",
        "my dog ate my homework",
        "purple monkey dishwasher",
        "asdf",
        "42",
    ],
)
def test_what_nobody_taught_is_not_understood(bot: str, said: str) -> None:
    assert FRESH[bot].classify(said).confidence < REJECT


@pytest.mark.parametrize("bot", FRESH)
def test_letters_at_random_are_not_understood(bot: str) -> None:
    chance = random.Random(1)
    for _ in range(200):
        gibberish = (chance.choices(LETTERS, k=chance.randint(2, 9)) for _ in range(chance.randint(1, 8)))
        said = " ".join(map("".join, gibberish))
        assert FRESH[bot].classify(said).confidence < REJECT, said


@pytest.mark.parametrize("bot", BOTS)
def test_every_example_of_a_fresh_bot_is_understood_as_it_was_taught(bot: str) -> None:
    told = {said: intent for intent, examples in BOTS[bot].intents.items() for said in examples}
    assert {said: FRESH[bot].classify(said).intent for said in told} == told


@pytest.mark.parametrize("said", ["", " \n", "?!", "…", "\u200b"])
def test_a_text_without_words_means_nothing(said: str) -> None:
    assert FRESH["bot-id-123"].classify(said) == NOTHING


@pytest.mark.parametrize("examples", [{}, {"refund": []}, {"refund": ["", "?!"]}])
def test_who_was_taught_nothing_understands_nothing(examples: Mapping[str, list[str]]) -> None:
    assert Classifier(examples).classify("I want a refund") == NOTHING


def test_an_intent_without_examples_is_never_guessed() -> None:
    classifier = Classifier({"empty": [], "refund": ["I want a refund"]})
    assert classifier.classify("I want a refund").intent == "refund"


def test_a_bot_of_one_intent_does_not_take_everything_for_it() -> None:
    classifier = Classifier({"refund": ["I want a refund", "give me my money back"]})
    said = ("I want a refund", "refund please", "what is the weather like in Paris?")
    assert [classifier.classify(each).confidence >= ACCEPT for each in said] == [True, False, False]


def test_the_more_that_nobody_taught_the_less_is_understood() -> None:
    said = [
        "cancel my order",
        "cancel my order xyzzy",
        "cancel my order xyzzy plugh",
        "cancel xyzzy plugh qwrtz",
    ]
    found = [FRESH["bot-id-123"].classify(each).confidence for each in said]
    assert found == sorted(found, reverse=True)
    assert found[0] > ACCEPT > found[-1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("I DON'T want it", "i don\u2019t want it"),
        ("\uff43\uff41\uff4e\uff43\uff45\uff4c", "cancel"),
        ("Straße", "STRASSE"),
        ("cancel, please!", "cancel please"),
    ],
)
def test_case_width_apostrophes_and_punctuation_say_nothing(left: str, right: str) -> None:
    assert words(left) == words(right)


def test_neighbors_the_ends_and_pieces_are_features() -> None:
    assert features("my order") == [
        *("my", "order", "^ my", "my order", "order $"),
        *("#<my>", "#<ord", "#orde", "#rder", "#der>"),
    ]


@given(lessons, st.text(max_size=200))
def test_a_confidence_lies_between_0_and_1(examples: dict[str, list[str]], said: str) -> None:
    guess = Classifier(examples).classify(said)
    assert 0.0 <= guess.confidence <= 1.0
    assert guess.intent in {*examples, "none"}


@given(lessons, utterances, st.randoms(use_true_random=False))
def test_the_order_of_lessons_does_not_matter(
    examples: dict[str, list[str]], said: str, chance: random.Random
) -> None:
    names = list(examples)
    chance.shuffle(names)
    shuffled = {name: chance.sample(examples[name], len(examples[name])) for name in names}
    assert Classifier(shuffled).classify(said) == Classifier(examples).classify(said)


@given(st.text(max_size=300))
def test_the_same_text_is_understood_the_same_again(said: str) -> None:
    classifier = FRESH["bot-id-456"]
    assert classifier.classify(said) == classifier.classify(said)


def test_another_process_understands_the_same() -> None:
    source = (
        "from jackfield.adapters.simulator.platform.fresh_bots import BOTS\n"
        "from jackfield.adapters.simulator.platform.understanding import Lessons\n"
        "lessons = Lessons(BOTS['bot-id-123'].intents)\n"
        "print(repr(lessons.classify('where has my new order got to?').confidence))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", source], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    here = FRESH["bot-id-123"].classify("where has my new order got to?").confidence
    assert told == {f"{here!r}\n".encode()}


def test_lessons_are_learned_once_for_all_threads() -> None:
    shared, together, learned = Lessons({"refund": ["I want a refund"]}), Barrier(8), list[Classifier]()

    def learn() -> None:
        together.wait(10)
        learned.append(shared._learned())

    threads = [Thread(target=learn) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert (len(learned), len({id(each) for each in learned})) == (8, 1)


def test_lessons_are_the_mapping_that_was_given() -> None:
    assert dict(Lessons({"a": ["x", "y"], "b": []})) == {"a": ("x", "y"), "b": ()}


def test_lessons_do_not_show_their_texts() -> None:
    assert repr(Lessons({"refund": ["I want a refund"]})) == "Lessons(refund)"


def test_an_intent_needs_a_name() -> None:
    with pytest.raises(InvalidInput, match="no name"):
        Lessons({" ": ["x"]})


def test_four_in_five_questions_of_a_bank_are_understood() -> None:
    """Measured over five fifths: 87 to 90 % right, 84 to 85 % accepted, of these 94 to 95 % right."""
    teach, ask = parted(questions())
    classifier = Classifier(taught(teach))
    guesses = [(classifier.classify(text), category) for text, category in ask]
    accepted = [(guess, category) for guess, category in guesses if guess.confidence >= ACCEPT]
    assert sum(guess.intent == category for guess, category in guesses) >= 0.84 * len(guesses)
    assert len(accepted) >= 0.79 * len(guesses)
    assert sum(guess.intent == category for guess, category in accepted) >= 0.91 * len(accepted)


def test_what_a_bank_was_never_taught_is_accepted_less_than_half_as_often() -> None:
    """Measured: 31 % of questions of untaught intents are accepted, 35 % rejected."""
    found = questions()
    untaught = set(sorted({category for _, category in found})[::4])
    classifier = Classifier(taught([each for each in found if each[1] not in untaught]))
    confidences = [classifier.classify(text).confidence for text, category in found if category in untaught]
    assert sum(each >= ACCEPT for each in confidences) <= 0.4 * len(confidences)
    assert sum(each < REJECT for each in confidences) >= 0.25 * len(confidences)
