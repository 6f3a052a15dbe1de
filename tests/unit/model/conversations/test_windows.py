"""The window: pinned messages, whole turns, everything dropped is said; properties, limits and controls."""

from __future__ import annotations

import random
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations.answers import Dropped
from jackfield.domain.model.conversations.messages import Budget, Message, Role
from jackfield.domain.model.conversations.windows import Count, Fitted, allowance, fit
from jackfield.domain.model.errors import BudgetExceeded, InvalidInput
from jackfield.ports.tokens import TokenCounter
from tests.unit.model.conversations.counters import Pairs, all_counters
from tests.unit.model.conversations.datasets import abcd
from tests.unit.model.conversations.fitting import Conversation, Fit, faults, generated, words

LETTERS = Pairs().count
ROLES = st.sampled_from([Role.USER, Role.ASSISTANT])
TEXTS = st.text("ab \n\u00e9\u6ce8", max_size=12)
BUDGETS = st.builds(
    Budget,
    output=st.integers(1, 40),
    input=st.none() | st.integers(1, 120),
    window=st.integers(41, 200),
    overhead=st.integers(0, 5),
)
CONVERSATIONS = st.builds(
    Conversation,
    system=TEXTS.map("s".__add__),
    history=st.lists(st.builds(Message, ROLES, TEXTS), max_size=15).map(tuple),
    user=TEXTS.map("u".__add__),
    budget=BUDGETS,
)
COUNTERS = pytest.mark.parametrize("counter", all_counters(), ids=lambda counter: counter.name)


def user(said: str) -> Message:
    return Message(Role.USER, said)


def assistant(said: str) -> Message:
    return Message(Role.ASSISTANT, said)


def window(tokens: int, *, overhead: int = 0, output: int = 10) -> Budget:
    return Budget(output=output, window=tokens + output, overhead=overhead)


@given(CONVERSATIONS, st.sampled_from(all_counters()))
def test_what_is_kept_fits_whole_and_the_next_older_turn_would_not(
    conversation: Conversation, counter: TokenCounter
) -> None:
    assert list(faults(conversation, counter.count)) == []


@COUNTERS
@pytest.mark.parametrize("tokens", [60, 150, 400, 800, 5_000])
def test_the_same_holds_for_conversations_of_abcd(counter: TokenCounter, tokens: int) -> None:
    for spoken in abcd():
        conversation = Conversation(
            system="Help the customer.", history=spoken, user="Thank you!", budget=window(tokens, overhead=3)
        )
        assert list(faults(conversation, counter.count)) == []


def test_turns_are_dropped_oldest_first_and_whole() -> None:
    history = [user("aaaa"), assistant("bbbb"), user("cc"), assistant("dd"), assistant("ee"), user("f")]
    fitted = fit("system", history, "user", budget=window(10 + 7), count=LETTERS)
    assert fitted.messages == (Message(Role.SYSTEM, "system"), *history[2:], user("user"))
    assert fitted.dropped == (Dropped("history", "0", 2, 8, "it takes 8 tokens of 0 that are left"),)


def test_a_turn_that_does_not_fit_drops_all_that_are_older() -> None:
    history = [user("a"), assistant("b"), user("c" * 20), assistant("d"), user("e")]
    fitted = fit("s", history, "u", budget=window(10), count=LETTERS)
    assert [(each.place, each.reason) for each in fitted.dropped] == [
        ("0", "older than what did not fit"),
        ("2", "it takes 21 tokens of 7 that are left"),
    ]


def test_several_messages_of_the_assistant_stay_with_the_question_before_them() -> None:
    history = [user("ask"), assistant("call a tool"), assistant("its result"), assistant("so")]
    size = sum(len(each.content) for each in history)
    assert len(fit("s", history, "u", budget=window(2 + size), count=LETTERS).messages) == 6
    assert len(fit("s", history, "u", budget=window(1 + size), count=LETTERS).messages) == 2


def test_a_history_may_begin_with_the_assistant_and_hold_empty_messages() -> None:
    history = [assistant("Hi!"), user(""), assistant("")]
    assert len(fit("s", history, "u", budget=window(100), count=LETTERS).messages) == 5
    dropped = fit("s", history, "u", budget=window(4), count=LETTERS).dropped
    assert [(each.place, each.messages, each.tokens) for each in dropped] == [("0", 1, 3)]


def test_each_message_has_its_overhead() -> None:
    fitted = fit("s", [user("a"), assistant("b")], "u", budget=window(100, overhead=7), count=LETTERS)
    assert fitted.tokens == 4 + 4 * 7


def test_the_answers_reserve_is_no_part_of_the_input() -> None:
    budget = Budget(output=90, window=100, overhead=0)
    assert fit("s" * 5, [], "u" * 5, budget=budget, count=LETTERS).limit == 10
    with pytest.raises(BudgetExceeded):
        fit("s" * 5, [], "u" * 6, budget=budget, count=LETTERS)


def test_an_input_limit_lowers_the_window_and_never_raises_it() -> None:
    assert allowance(Budget(output=10, window=100, input=50)) == 50
    assert allowance(Budget(output=10, window=100, input=5_000)) == 90


def test_the_two_alone_that_do_not_fit_are_an_error_with_both_numbers() -> None:
    with pytest.raises(BudgetExceeded) as caught:
        fit("s" * 7, [user("never looked at")], "u" * 4, budget=window(10), count=LETTERS)
    assert str(caught.value) == (
        "conversation: the system message (7 tokens) and the user's (4) take 11 of 10 tokens;"
        " shorten it, or allow more tokens"
    )


def test_a_system_message_has_at_most_4096_code_points() -> None:
    budget = Budget(output=1)
    assert fit("\N{GRINNING FACE}" * 4_096, [], "u", budget=budget, count=LETTERS).tokens == 4_096 + 7
    with pytest.raises(BudgetExceeded, match="system: it has 4097 of the 4096 characters"):
        fit("x" * 4_097, [], "u", budget=budget, count=LETTERS)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(window=32_001), "budget.window: 32001 is not 1 to 32000"),
        (Budget(window=0), "budget.window: 0 is not"),
        (Budget(output=0), "budget.output: 0 is not"),
        (Budget(output=32_001), "budget.output: 32001 is not"),
        (Budget(output=100, window=100), "budget: 100 tokens for the answer leave none of a window of 100"),
        (Budget(input=0), "budget.input: 0 is below 1"),
        (Budget(input=-5), "budget.input: -5 is below 1"),
        (Budget(overhead=-1), "budget.overhead: -1 is below 0"),
    ],
)
def test_a_budget_that_cannot_be_is_refused_by_its_field(budget: Budget, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        fit("s", [], "u", budget=budget, count=LETTERS)


@pytest.mark.parametrize("wrong", [True, 1.5, "9", None, 2**60])
def test_a_budget_holds_whole_numbers_alone(wrong: object) -> None:
    with pytest.raises(InvalidInput, match="output"):
        Budget(output=wrong)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(
    ("system", "said_by_user", "place"),
    [
        ("", "u", "system"),
        (" \n", "u", "system"),
        ("s", "", "user"),
        ("s\0", "u", "system"),
        ("s", "\ud800", "user"),
    ],
)
def test_the_two_that_stay_must_say_something_that_can_be_said(
    system: str, said_by_user: str, place: str
) -> None:
    with pytest.raises(InvalidInput, match=f"^{place}: it "):
        fit(system, [], said_by_user, budget=Budget(), count=LETTERS)


def test_a_history_holds_no_system_message_and_nothing_but_messages() -> None:
    with pytest.raises(InvalidInput, match="history: it holds a system message"):
        fit("s", [Message(Role.SYSTEM, "obey")], "u", budget=Budget(), count=LETTERS)
    with pytest.raises(InvalidInput, match="history: it holds a value of type dict"):
        fit("s", [{"role": "user"}], "u", budget=Budget(), count=LETTERS)  # type: ignore[list-item]  # the test


def test_megabytes_of_history_are_dropped_and_of_a_question_refused() -> None:
    history = [user("x" * 5_000_000), assistant("short")]
    count = UpperEstimate().count
    fitted = fit("s", history, "u", budget=Budget(), count=count)
    assert [(each.messages, each.tokens) for each in fitted.dropped] == [(2, 1_650_000 + 2 + 2 * 3)]
    with pytest.raises(BudgetExceeded):
        fit("s", [], "x" * 5_000_000, budget=Budget(), count=count)


@pytest.mark.parametrize("guessed", ["system", "history", "user", "nothing"])
def test_a_count_is_exact_if_that_of_all_that_is_sent_is(guessed: str) -> None:
    def count(text: str) -> TokenCount:
        return TokenCount(1, exact=text != guessed)

    kept = [user("history")]
    assert fit("system", kept, "user", budget=Budget(), count=count).exact is (guessed == "nothing")


def test_a_guess_of_what_is_dropped_leaves_the_count_exact() -> None:
    def count(text: str) -> TokenCount:
        return TokenCount(50 if text == "old" else 1, exact=text != "old")

    assert fit("s", [user("old")], "u", budget=window(10), count=count).exact


def test_nothing_that_was_said_is_in_a_repr() -> None:
    fitted = fit("my secret", [user("my secret")], "my secret", budget=Budget(), count=LETTERS)
    assert "secret" not in repr(fitted)


def _drops_the_system(
    system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count
) -> Fitted:
    right = fit(system, history, user, budget=budget, count=count)
    return attrs.evolve(right, messages=right.messages[1:])


def _keeps_half_a_turn(
    system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count
) -> Fitted:
    right = fit(system, history, user, budget=budget, count=count)
    start = len(history) - len(right.messages) + 2
    half = history[max(start - 1, 0) : start]
    more = sum(count(each.content).tokens + budget.overhead for each in half)
    if right.tokens + more > right.limit:
        return right
    messages = (right.messages[0], *half, *right.messages[1:])
    return attrs.evolve(right, messages=messages, tokens=right.tokens + more)


def _subtracts_the_system_twice(
    system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count
) -> Fitted:
    right = fit(system, history, user, budget=budget, count=count)
    less = right.limit - count(system).tokens - budget.overhead
    if less < 1:
        return right
    try:
        tight = fit(system, history, user, budget=attrs.evolve(budget, input=less), count=count)
    except BudgetExceeded:
        return right
    return attrs.evolve(tight, limit=right.limit)


def _forgets_what_it_dropped(
    system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count
) -> Fitted:
    right = fit(system, history, user, budget=budget, count=count)
    return attrs.evolve(right, dropped=right.dropped[1:])


@pytest.mark.parametrize(
    ("control", "found"),
    [
        (_drops_the_system, "it is not the system message, the end of the history and the user's"),
        (_keeps_half_a_turn, "a turn is torn"),
        (_subtracts_the_system_twice, "the next older turn would have fitted"),
        (_forgets_what_it_dropped, "what was dropped is not listed, each turn once"),
    ],
)
def test_the_properties_find_a_fit_that_is_wrong(control: Fit, found: str) -> None:
    source = random.Random(5)
    conversations = [generated(source, words) for _ in range(300)]
    said = {fault for each in conversations for fault in faults(each, LETTERS, control)}
    assert found in said
