from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.simulator.platform.fresh_articles import ARTICLES
from jackfield.adapters.simulator.platform.ranking import Ranking, Text

_DATA: Final = Path(__file__).parents[4] / "shared" / "data" / "abcd"
VOCABULARY: Final = (
    *("refund", "bank", "card", "order", "parcel"),
    *("late", "address", "password", "invoice", "damaged"),
)

REFUND: Final = Text(
    topics=["How long a refund takes", "waiting for my money"], content="Cards take five days."
)
PARCEL: Final = Text(topics=["Where a parcel is"], content="Ask the carrier. A refund is made if it is lost.")
RANKING: Final = Ranking.of([REFUND, PARCEL])


@pytest.mark.parametrize(
    "said",
    [
        "how long do refunds take?",
        "I have been WAITING for the money, for weeks",
        "customer: Hi\nagent: Hello\ncustomer: it takes so long to get the refund, and the weather is bad",
    ],
)
def test_a_topic_that_is_said_whole_makes_a_text_relevant(said: str) -> None:
    assert RANKING.relevances(said)[0] >= 0.8


def test_half_a_topic_is_not_enough() -> None:
    assert 0 < RANKING.relevances("I like money")[0] < 0.5


def test_more_of_the_content_is_more_relevant() -> None:
    little, more, all_ = (
        RANKING.relevances(said)[0]
        for said in ("waiting, money", "waiting, money, card", "waiting, money, card, five days, take")
    )
    assert 0.8 <= little < more < all_ <= 1


def test_the_content_alone_makes_no_relevance() -> None:
    assert list(RANKING.relevances("which carrier lost it?")) == []


@pytest.mark.parametrize("said", ["", "?", "I want to do that for you", "agent: customer:", "\U0001f680"])
def test_what_says_nothing_finds_nothing(said: str) -> None:
    assert RANKING.relevances(said) == {}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("charged", "charge"),
        ("charging", "charges"),
        ("deliveries", "delivery"),
        ("canceled", "cancelled"),
        ("addresses", "address"),
        ("Stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_words_are_the_same_whatever_their_endings(said: str, meant: str) -> None:
    assert Ranking.of([Text(topics=[meant], content="")]).relevances(said)[0] >= 0.8


def test_the_rare_word_of_a_topic_says_more() -> None:
    texts = [Text(topics=[f"refund {word}"], content="") for word in ("bank", "card", "cash", "gift")]
    ranking = Ranking.of(texts)
    assert ranking.relevances("refund")[0] < ranking.relevances("bank")[0]


def test_the_best_hundred_are_given() -> None:
    texts = [
        Text(topics=["refund by bank"] if n == 150 else ["refund by card"], content="") for n in range(200)
    ]
    found = Ranking.of(texts).relevances("refund by bank")
    assert (len(found), max(found, key=lambda at: found[at])) == (100, 150)


def test_nothing_is_ranked_of_no_texts() -> None:
    assert Ranking.of([]).relevances("refund") == {}
    assert Ranking.of([Text(topics=["?"], content="?")]).relevances("refund") == {}


lines: Final = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=6).map(" ".join)


@given(st.lists(st.builds(Text, topics=st.lists(lines, max_size=3), content=lines), max_size=8), lines)
def test_relevances_are_above_0_and_up_to_1(texts: list[Text], said: str) -> None:
    found = Ranking.of(texts).relevances(said)
    assert all(0 < each <= 1 for each in found.values())
    for at, text in enumerate(texts):
        if any({*topic.split()} <= {*said.split()} for topic in text.topics):
            assert found[at] >= 0.8


def test_every_process_ranks_alike() -> None:
    program = (
        "from jackfield.adapters.simulator.platform.ranking import Ranking, Text\n"
        "words = 'refund bank card order parcel late address password invoice damaged'.split()\n"
        "topics = [' '.join(words[n:n + 3]) for n in range(7)]\n"
        "texts = [Text(topics=[topic], content=' '.join(words)) for topic in topics]\n"
        "print(Ranking.of(texts).relevances(' '.join(words[::-1])))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed},
            timeout=60,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("base", "id_", "phrase"),
    [
        (base, line.id, phrase)
        for base, held in ARTICLES.items()
        for line in held
        for phrase in (line.title, *line.phrases)
    ],
)
def test_every_phrase_of_a_fresh_article_finds_it(base: str, id_: str, phrase: str) -> None:
    held = ARTICLES[base]
    ranking = Ranking.of([Text(topics=(each.title, *each.phrases), content=each.content) for each in held])
    relevances = ranking.relevances(f"agent: Hello, how can I help?\ncustomer: Hi! {phrase}.")
    assert relevances[[each.id for each in held].index(id_)] >= 0.8


def _read(name: str) -> Any:
    if not (_DATA / name).is_file():
        pytest.skip(f"no abcd/{name} beside the project")
    return json.loads((_DATA / name).read_text(encoding="utf-8"))


def _guideline(flow: str, name: str, held: dict[str, Any]) -> Text:
    """A guideline of ABCD; one of frequent questions names them."""
    asked: list[str] = held["instructions"][1].replace("?", ",").split(",") if "FAQ" in name else []
    steps = [" ".join((each["text"], *(each.get("subtext") or ()))) for each in held["actions"]]
    return Text(
        topics=[name, *filter(str.strip, asked)], content=" ".join((flow, *held["instructions"], *steps))
    )


def test_the_guideline_of_a_real_conversation_is_found() -> None:
    guidelines, conversations = _read("guidelines.json"), _read("abcd_sample.json")
    held = {
        name: _guideline(flow, name, steps)
        for flow, whole in guidelines.items()
        for name, steps in whole["subflows"].items()
    }
    ranking, names = Ranking.of(list(held.values())), list(held)
    first = dict[str, str]()
    for each in conversations:
        said = "\n".join(f"{who}: {text}" for who, text in each["original"][:8] if who != "action")
        found = ranking.relevances(said)
        first[each["scenario"]["subflow"]] = names[max(found, key=lambda at: found[at])]
    assert first == {
        "return_size": "Return Due to Size",
        "refund_status": "Refund Status",
        "timing_4": "Timing FAQ",
    }
