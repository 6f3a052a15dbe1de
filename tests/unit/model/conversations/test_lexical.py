"""Finding examples by words: against a naive BM25, ties, likeness, alphabets, and real questions."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.conversations.examples import MOST_TRIES, Example
from jackfield.domain.model.conversations.lexical import Index
from tests.unit.model.conversations.datasets import banking


def example(id_: str, said: str) -> Example:
    return Example(id=id_, input=said, output="answer")


def examples(*said: str) -> tuple[Example, ...]:
    return tuple(example(f"{n:02}", each) for n, each in enumerate(said))


def ids(asked: str, among: Sequence[Example], *, wanted: int = 2) -> list[str]:
    return [each.id for each in Index.of(among).best(asked, among=among, wanted=wanted)]


def terms(said: str) -> list[str]:
    return re.findall(r"\w+", normalize("NFKC", said).casefold())


def naive(asked: str, among: Sequence[Example]) -> dict[str, float]:
    """BM25 from its formula, a document and a word at a time: Robertson's, with Lucene's rarity."""
    documents = {each.id: terms(each.input) for each in among}
    mean = sum(map(len, documents.values())) / len(documents)
    scores = dict[str, float]()
    for term in set(terms(asked)):
        holders = sum(term in document for document in documents.values())
        rarity = math.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5))
        for id_, document in documents.items():
            if times := document.count(term):
                weight = times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(document) / mean))
                scores[id_] = scores.get(id_, 0.0) + rarity * weight
    return scores


SAID = st.lists(
    st.sampled_from(["card", "lost", "my", "MY", "where", "caf\u00e9", "\u6ce8\u6587", "?"]), max_size=8
).map(" ".join)


@given(st.lists(SAID.map("x ".__add__), min_size=1, max_size=12), SAID)
def test_scores_are_those_of_the_formula(said: list[str], asked: str) -> None:
    among = examples(*said)
    assert Index.of(among).scores(asked) == pytest.approx(naive(asked, among), rel=1e-9, abs=1e-9)


def test_the_most_relevant_comes_first_and_what_shares_no_word_never() -> None:
    among = examples("where is my card", "I lost my wallet", "close the account")
    assert ids("Where is my CARD?", among) == ["00", "01"]


def test_ties_break_by_id() -> None:
    among = [example(id_, f"card {id_}") for id_ in ("c", "a", "b")]
    assert ids("card", among) == ["a", "b", "c"]
    many = [example(f"{n:02}", "card") for n in range(40, 0, -1)]
    assert ids("card", many)[:20] == [f"{n:02}" for n in range(1, 21)]


@pytest.mark.parametrize("asked", ["", " ", "?!", "unknown words", "\U0001f642"])
def test_a_question_of_no_known_word_finds_none(asked: str) -> None:
    assert ids(asked, examples("where is my card", "lost card")) == []


def test_an_index_may_be_empty_or_hold_no_words() -> None:
    assert ids("card", ()) == []
    assert ids("card", examples("?!", "...")) == []


def test_what_is_not_asked_for_is_not_found() -> None:
    among = examples("card one", "card two", "card three")
    assert [each.id for each in Index.of(among).best("card", among=among[1:2], wanted=2)] == ["01"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("STRASSE", "die Stra\u00dfe"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufb01ne", "fine"),
        ("\uff23\uff21\uff32\uff24", "card"),
        ("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03cc\u03c2 \u03bf\u03b4\u03bf\u03c2"),
        ("\u6ce8\u6587", "\u6ce8\u6587"),
    ],
)
def test_a_word_is_the_same_however_it_is_written(asked: str, said: str) -> None:
    assert ids(asked, examples(said, "other")) == ["00"]


def test_of_two_that_are_alike_the_second_waits_for_another() -> None:
    among = examples(
        "my card has not arrived yet",
        "my card has not arrived yet please",
        "not one card that was sent to us has arrived",
        "close the account",
    )
    scores = Index.of(among).scores("card not arrived")
    assert sorted(scores, key=scores.__getitem__, reverse=True) == ["00", "01", "02"]
    assert ids("card not arrived", among) == ["00", "02", "01"]


def test_two_that_are_alike_are_both_given_where_there_is_no_other() -> None:
    among = examples("my card has not arrived", "my card has not arrived", "close the account")
    assert ids("card arrived", among) == ["00", "01"]


@pytest.mark.parametrize("wanted", [1, 2, 20, 21, 100])
def test_there_are_enough_for_those_that_are_wanted_and_all_that_may_be_tried(wanted: int) -> None:
    found = ids("card", examples(*(f"card {n}" for n in range(200))), wanted=wanted)
    assert len(found) == wanted + MOST_TRIES


def test_the_order_of_a_processs_sets_changes_nothing() -> None:
    """Sums of floating-point numbers depend on their order in the last digits."""
    program = (
        "import json, random\n"
        "from jackfield.domain.model.conversations.examples import Example\n"
        "from jackfield.domain.model.conversations.lexical import Index\n"
        "source = random.Random(7)\n"
        "def say(): return ' '.join(f'word{source.randrange(60)}' for _ in range(25))\n"
        "among = [Example(id=str(n), input=say(), output='x') for n in range(60)]\n"
        "index = Index.of(among)\n"
        "print([sorted(index.scores(say()).items()) for _ in range(10)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_real_questions_find_examples_of_their_kind() -> None:
    """Banking77: 3 of 5 questions get an example of their intent first, of 77 that there are."""
    among, asked = split()
    index = Index.of(among)
    found = [
        [each.category for each in islice(index.best(one.input, among=among, wanted=2), 2)] for one in asked
    ]
    first = sum(one.category in two[:1] for one, two in zip(asked, found, strict=True))
    either = sum(one.category in two for one, two in zip(asked, found, strict=True))
    print(f"\nBanking77: {len(among)} examples, {len(asked)} questions: {first} first, {either} one of two")
    assert first > 0.6 * len(asked)
    assert either > 0.7 * len(asked)


def test_real_questions_have_the_scores_of_the_formula() -> None:
    among, asked = split()
    index = Index.of(among)
    for one in asked[:: len(asked) // 20]:
        assert index.scores(one.input) == pytest.approx(naive(one.input, among), rel=1e-9, abs=1e-9)


def split() -> tuple[list[Example], list[Example]]:
    """Return 1,001 examples, 13 of each category, and 5 other questions of each."""
    categories = banking().values()
    among = [each for found in categories for each in found[:13]]
    return among, [each for found in categories for each in found[13:18]]
