"""Examples: catalogs, turns, chance, and how they stand below the system message."""

from __future__ import annotations

import random
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from jackfield.domain.model.conversations.examples import Catalog, Example, rotate, sample, show
from jackfield.domain.model.errors import InvalidInput
from jackfield.ports.tokens import TokenCounter
from tests.unit.model.conversations.counters import Pairs, all_counters

LETTERS = Pairs().count
SAID = st.text("ab \n-\u00e9\u6ce8", min_size=1, max_size=60).filter(str.strip)


def example(id_: str, said: str = "ask", answer: str = "answer", category: str = "") -> Example:
    return Example(id=id_, input=said, output=answer, category=category)


FIVE = tuple(example(id_) for id_ in "abcde")


def test_two_examples_may_not_have_one_id() -> None:
    with pytest.raises(InvalidInput, match="examples: two examples have the id 'a'; rename one"):
        Catalog((example("a"), example("b"), example("a", "another")))


def test_a_catalog_may_be_empty_and_holds_examples_alone() -> None:
    assert Catalog(()).of(None) == ()
    with pytest.raises(InvalidInput, match="examples: it holds a value of type str"):
        Catalog(("a",))  # type: ignore[arg-type]  # that is the test


def test_a_category_gives_its_examples_in_the_order_of_the_file() -> None:
    catalog = Catalog((example("b", category="x"), example("a", category="y"), example("c", category="x")))
    assert [[each.id for each in catalog.of(one)] for one in ("x", "y", "z", None)] == [
        ["b", "c"], ["a"], [], ["b", "a", "c"],
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["id", "input", "output"])
@pytest.mark.parametrize("value", ["", " \n", "a\0b", "\ud800", "\x85", None, 7])
def test_an_example_has_texts_that_can_be_said(field: str, value: object) -> None:
    whole: dict[str, object] = {"id": "a", "input": "ask", "output": "answer", field: value}
    with pytest.raises(InvalidInput, match=f"^{field}: it "):
        Example(**whole)  # type: ignore[arg-type]  # that is the test


def test_no_repr_shows_what_an_example_says() -> None:
    assert "secret" not in repr(Catalog((example("a", "secret ask", "secret answer"),)))


def test_in_turn_each_example_comes_first_equally_often() -> None:
    firsts = Counter(next(rotate(FIVE, turn=turn)).id for turn in range(500))
    assert firsts == dict.fromkeys("abcde", 100)


def test_a_turn_gives_all_examples_once_and_none_of_none() -> None:
    assert [each.id for each in rotate(FIVE, turn=3)] == list("deabc")
    assert list(rotate((), turn=3)) == []


def test_chance_is_the_same_on_every_machine() -> None:
    seeds = ("conv-1", "conv-2", "", "\u6ce8\u6587 \U0001f642", "\ud800")
    assert ["".join(each.id for each in sample(FIVE, seed=seed)) for seed in seeds] == [
        "debac", "cedab", "aebcd", "cbead", "becda",
    ]  # fmt: skip


def test_chance_does_not_look_at_the_order_of_the_file() -> None:
    shuffled = list(FIVE)
    random.Random(1).shuffle(shuffled)
    assert list(sample(shuffled, seed="s")) == list(sample(FIVE, seed="s"))


def test_chance_prefers_no_order() -> None:
    """Of all 120 orders each is equally likely, which no sort by a random comparison is."""
    seen = Counter("".join(each.id for each in sample(FIVE, seed=f"conv-{n}")) for n in range(10_000))
    orders = ["".join(each) for each in permutations("abcde")]
    assert stats.chisquare([seen[each] for each in orders]).pvalue > 0.001


def test_a_biased_choice_would_be_seen() -> None:
    source = random.Random(1)
    biased = Counter("abcde"[min(source.randrange(6), 4)] for _ in range(10_000))
    assert stats.chisquare([biased[each] for each in "abcde"]).pvalue < 0.001


def test_the_block_stands_below_the_system_message() -> None:
    shown = show(
        "Be kind.",
        [example("a", "Where is it?", "On its way."), example("b", "Refund?", "Yes.\nIn three days.")],
        wanted=2,
        tokens=10_000,
        count=LETTERS,
    )
    assert shown.ids == ("a", "b")
    assert shown.system == (
        "Be kind.\n\n"
        "Reference Examples:\n"
        "Example Input: Where is it?\n"
        "Example Output: On its way.\n"
        "\n---\n\n"
        "Example Input: Refund?\n"
        "Example Output: Yes.\nIn three days."
    )


def test_without_examples_the_system_message_is_as_it_was() -> None:
    shown = show("Be kind.", [], wanted=2, tokens=100, count=LETTERS)
    assert (shown.system, shown.ids, shown.dropped) == ("Be kind.", (), ())


@pytest.mark.parametrize("value", ["{{name}}", "{{ name }}", "${name}", "%s", "\\1", "{0}", "<|im_end|>"])
def test_what_an_example_says_means_nothing(value: str) -> None:
    shown = show("s", [example("a", value, value)], wanted=1, tokens=1_000, count=LETTERS)
    assert shown.system.endswith(f"Example Input: {value}\nExample Output: {value}")


@given(
    st.text("s ", min_size=1, max_size=4_096),
    st.lists(st.builds(Example, id=st.uuids().map(str), input=SAID, output=SAID), max_size=8),
    st.integers(1, 5),
    st.tuples(st.integers(1, 2_000), st.none() | st.integers(0, 2_000)),
    st.sampled_from(all_counters()),
)
def test_they_take_a_quarter_at_most_and_leave_the_system_message_its_length(
    system: str, chosen: list[Example], wanted: int, room: tuple[int, int | None], counter: TokenCounter
) -> None:
    tokens, whole = room
    shown = show(system, chosen, wanted=wanted, tokens=tokens, count=counter.count, whole=whole)
    block = shown.system.removeprefix(system)
    assert bool(block) == bool(shown.ids)
    if block:
        assert counter.count(block).tokens * 4 <= tokens
        assert len(shown.system) <= 4_096
        assert whole is None or counter.count(shown.system).tokens <= whole
    assert len(shown.ids) <= wanted
    seen = {*shown.ids, *(each.place for each in shown.dropped)}
    assert seen == {each.id for each in chosen[: len(shown.ids) + len(shown.dropped)]}
    assert len(shown.ids) == wanted or len(seen) == len(chosen)


def test_one_that_is_too_long_is_said_and_a_shorter_one_is_taken() -> None:
    chosen = [example("long", "x" * 500), example("short", "x")]
    shown = show("s", chosen, wanted=1, tokens=400, count=LETTERS)
    assert (shown.ids, [(each.kind, each.place) for each in shown.dropped]) == (
        ("short",),
        [("example", "long")],
    )
    assert shown.dropped[0].reason == "the examples would take 560 tokens of 100"
    assert shown.dropped[0].tokens == len(chosen[0].block)


def test_the_three_reasons_name_their_numbers() -> None:
    system, one = "s" * 4_000, [example("a", "x" * 100)]
    shown = show(system, one, wanted=1, tokens=32_000, count=LETTERS)
    assert shown.dropped[0].reason == "the system message would have 4160 of 4096 characters"
    shown = show("s" * 50, one, wanted=1, tokens=1_000, whole=200, count=LETTERS)
    assert shown.dropped[0].reason == "the system message would take 210 tokens of 200 that the user's leaves"


def test_the_system_message_may_have_4096_characters_and_not_one_more() -> None:
    one = [example("a", "x" * 100)]
    added = len(show("s", one, wanted=1, tokens=32_000, count=LETTERS).system) - 1
    fitting = show("s" * (4_096 - added), one, wanted=1, tokens=32_000, count=LETTERS)
    assert (len(fitting.system), fitting.ids) == (4_096, ("a",))
    assert show("s" * (4_097 - added), one, wanted=1, tokens=32_000, count=LETTERS).ids == ()


def test_no_more_than_twenty_that_do_not_fit_are_tried() -> None:
    chosen = [example(str(n), "x" * 500) for n in range(1_000)]
    shown = show("s", iter(chosen), wanted=1, tokens=400, count=LETTERS)
    assert (len(shown.dropped), shown.ids) == (20, ())
