"""Examples in a question: which are shown, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.examples import Asking, Catalog, Example, Selecting
from jackfield.domain.model.conversations.messages import Budget
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.assistants.composing import Composed, Composer
from jackfield.domain.services.assistants.values import Examples
from tests.unit.assistants.composed import CATALOG, USER, composed, said
from tests.unit.assistants.conftest import PROMPT


def shown(**options: Any) -> Composed:
    composer = options.pop("composer", None)
    budget = options.pop("budget", Budget())
    examples = Examples(catalog=options.pop("catalog", CATALOG), **options)
    return composed(composer, examples=examples, budget=budget)


def test_examples_stand_in_the_reference_block_of_the_system_message() -> None:
    assert said(shown(selecting="rotation"))[0][1] == (
        "You help all customers.\n\nReference Examples:\n"
        "Example Input: where is my refund\nExample Output: On its way.\n\n---\n\n"
        "Example Input: when does the refund come\nExample Output: In three days."
    )


def test_the_examples_most_like_the_question_are_shown() -> None:
    assert shown().examples[0] == "e1"


def test_only_examples_of_the_category_are_shown() -> None:
    assert set(shown(category="refund", selecting="rotation", count=4).examples) == {"e1", "e2", "e4"}


def test_an_empty_catalog_is_said_to_be_empty() -> None:
    with pytest.raises(InvalidInput, match="examples: the catalog is empty; put examples into it, or give"):
        shown(catalog=Catalog(()))


def test_more_than_twenty_examples_can_be_had_by_words() -> None:
    catalog = Catalog(Example(id=f"{n:03}", input=f"refund {n}", output="ok") for n in range(150))
    assert len(shown(catalog=catalog, count=60).examples) == 60


def test_a_category_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no example is of the category 'nope'"):
        shown(category="nope")


def test_rotation_begins_with_another_example_each_time() -> None:
    composer = Composer(counter=UpperEstimate())
    firsts = [shown(composer=composer, selecting="rotation", count=1).examples[0] for _ in range(5)]
    assert firsts == ["e1", "e2", "e3", "e4", "e1"]


def test_questions_with_another_prompt_do_not_turn_this_ones_rotation() -> None:
    composer, other = Composer(counter=UpperEstimate()), evolve(PROMPT, name="other")
    firsts = list[str]()
    for _ in range(4):
        firsts += shown(composer=composer, selecting="rotation", count=1).examples
        composed(composer, definition=other, examples=Examples(catalog=CATALOG, selecting="rotation"))
    assert firsts == ["e1", "e2", "e3", "e4"]


def test_a_conversation_keeps_its_sample() -> None:
    options: dict[str, Any] = {"examples": Examples(catalog=CATALOG, selecting="sample")}
    assert composed(seed="c7", **options).examples == composed(seed="c7", **options).examples


def test_another_conversation_may_have_another_sample() -> None:
    options: dict[str, Any] = {"examples": Examples(catalog=CATALOG, selecting="sample")}
    assert len({composed(seed=str(n), **options).examples for n in range(20)}) > 5


def test_a_program_may_choose_and_names_of_no_example_are_passed_over() -> None:
    def select(asking: Asking) -> Sequence[str]:
        assert (asking.prompt, asking.question, asking.wanted) == ("refund", USER, 2)
        return ["e3", "stranger", "e3", "e2"]

    assert shown(composer=Composer(counter=UpperEstimate(), select=select)).examples == ("e3", "e2")


def test_examples_never_take_more_than_a_quarter_of_the_budget() -> None:
    found = shown(budget=Budget(input=120), selecting="rotation", count=4)
    assert [d.reason for d in found.dropped if d.kind == "example"]
    assert found.examples == ("e1",)


def test_examples_never_keep_a_question_out_that_fits_without_them() -> None:
    """A quarter would be free for them, but system and user take more than the rest."""
    long = "where is it? " * 30
    need = composed(user=long).fitted.tokens
    found = composed(
        user=long, budget=Budget(input=need + 5), examples=Examples(catalog=CATALOG, selecting="rotation")
    )
    assert (found.examples, found.fitted.tokens) == ((), need)
    assert found.dropped[0].reason == "the system message would take 35 tokens of 13 that the user's leaves"


@pytest.mark.parametrize(
    "options",
    [{"count": 0}, {"count": 101}, {"count": "2"}, {"selecting": "best"}, {"category": 7}, {"catalog": ()}],
)
def test_examples_that_cannot_be_chosen_are_refused(options: dict[str, Any]) -> None:
    given: dict[str, Any] = {"catalog": CATALOG, **options}
    with pytest.raises(InvalidInput):
        Examples(**given)


def test_every_way_to_choose_has_its_word() -> None:
    assert {Examples(catalog=CATALOG, selecting=word).selecting for word in Selecting} == set(Selecting)
