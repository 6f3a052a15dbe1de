"""Budgets: what is counted, against which limit, and how sure the number is."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve, frozen

from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.domain.model.budgets import PLATFORM, Limit, Measure, Policy, TokenCount
from jackfield.domain.model.prompts import ContextRule, Limits, PromptDefinition, Rendering
from jackfield.domain.model.variables import Variable, VariableType
from jackfield.domain.services.checking import Report, check

PLAIN = PromptDefinition(name="a", version="1.0.0", model="m", max_tokens=1000, template="x" * 100)


@frozen
class Words:
    """A counter that is exact: one token a word."""

    name = "words"

    def count(self, text: str) -> TokenCount:
        return TokenCount(len(text.split()), exact=True)

    def worst(self, characters: int) -> int:
        return characters


def checked(definition: PromptDefinition, policy: Policy = PLATFORM) -> Report:
    return check(definition, policy=policy, counter=UpperEstimate())


def measured(report: Report, what: str) -> Measure:
    return next(m for m in report.measures if m.what == what)


def test_characters_are_code_points() -> None:
    assert measured(checked(evolve(PLAIN, template="é🙂漢")), "template").used == 3


def test_the_longest_values_are_counted() -> None:
    definition = evolve(PLAIN, template="Hi {{a}}{{a}}", variables=[Variable(name="a", max_length=50)])
    assert measured(checked(definition), "rendered").used == 3 + 50 + 50


def test_a_value_without_a_bound_counts_as_its_default_and_is_named() -> None:
    definition = evolve(PLAIN, template="Hi {{a}}", variables=[Variable(name="a", default="four")])
    measure = measured(checked(definition), "rendered")
    assert (measure.used, measure.at_least) == (7, ("a",))


def test_a_required_value_without_a_bound_counts_as_nothing_and_is_named() -> None:
    definition = evolve(PLAIN, template="Hi {{a}}", variables=[Variable(name="a")])
    measure = measured(checked(definition), "rendered")
    assert (measure.used, measure.at_least) == (3, ("a",))


def test_a_boolean_is_bounded_by_itself() -> None:
    flag = Variable(name="a", type=VariableType.BOOLEAN)
    measure = measured(checked(evolve(PLAIN, template="{{a}}", variables=[flag])), "rendered")
    assert (measure.used, measure.at_least) == (5, ())


def test_an_escaped_brace_is_sent_as_two_characters() -> None:
    definition = evolve(PLAIN, template="{{{{", renderer=Rendering.LOCAL)
    assert measured(checked(definition), "rendered").used == 2


def test_the_upper_estimate_says_that_it_is_one() -> None:
    assert not measured(checked(PLAIN), "window").exact


def test_the_upper_estimate_of_ascii_is_a_third_of_its_characters() -> None:
    assert measured(checked(PLAIN), "window").used == 33


def test_the_upper_estimate_of_wide_characters_is_above_their_number() -> None:
    assert UpperEstimate().count("漢" * 100).tokens == 115


def test_the_upper_estimate_of_other_characters_is_between() -> None:
    assert UpperEstimate().count("é" * 100).tokens == 60


def test_the_quarter_is_the_tutorials_count() -> None:
    assert QuarterEstimate().count("x" * 9).tokens == 3


def test_an_exact_counter_is_exact_without_variables() -> None:
    report = check(evolve(PLAIN, template="three whole words"), policy=PLATFORM, counter=Words())
    assert (measured(report, "window").used, measured(report, "window").exact) == (3, True)


def test_a_bounded_variable_makes_an_exact_count_an_estimate() -> None:
    definition = evolve(PLAIN, template="Hi {{a}}", variables=[Variable(name="a", max_length=9)])
    assert not measured(check(definition, policy=PLATFORM, counter=Words()), "window").exact


def test_user_text_counts_as_tokens_and_not_as_characters_of_the_system() -> None:
    report = checked(evolve(PLAIN, user_template="y" * 100))
    assert (measured(report, "window").used, measured(report, "template").used) == (66, 100)


def test_context_rules_are_taken_off_the_prompts_own_maximum() -> None:
    rules = [ContextRule(source="conversation_history", max_tokens=300)]
    assert measured(checked(evolve(PLAIN, context_rules=rules)), "prompt").limit == Limit(
        700, "max_tokens 1000 less context rules 300"
    )


def test_over_the_prompts_own_maximum_is_a_problem() -> None:
    rules = [ContextRule(source="conversation_history", max_tokens=990)]
    assert [p.code for p in checked(evolve(PLAIN, context_rules=rules)).problems] == ["over-tokens"]


def test_over_the_platforms_characters_is_a_problem() -> None:
    codes = {p.code for p in checked(evolve(PLAIN, template="x" * 4097, max_tokens=9000)).problems}
    assert codes == {"over-characters"}


def test_exactly_the_platforms_characters_are_fine() -> None:
    assert checked(evolve(PLAIN, template="x" * 4096, max_tokens=9000)).problems == ()


def test_a_prompts_own_limit_lowers_the_policy() -> None:
    report = checked(evolve(PLAIN, limits=Limits(characters=99)))
    assert [p.code for p in report.problems] == ["over-characters", "over-characters"]


def test_a_prompts_own_limit_cannot_raise_the_policy() -> None:
    assert [p.code for p in checked(evolve(PLAIN, limits=Limits(tokens=9999))).problems] == ["limit-raised"]


def test_a_policy_names_its_source() -> None:
    policy = Policy(characters=Limit(50, "jackfield.toml"), tokens=PLATFORM.tokens)
    assert "jackfield.toml" in str(checked(PLAIN, policy).problems[0])


@pytest.mark.parametrize("kind", VariableType)
@pytest.mark.parametrize(
    "default", [float("nan"), float("-inf"), [1, float("nan")], 2**53, object(), {"a": 1}]
)
def test_a_default_that_json_cannot_carry_is_a_problem(kind: VariableType, default: Any) -> None:
    wrong = Variable(name="a", type=kind, default=default)

    report = checked(evolve(PLAIN, template="{{a}}", variables=[wrong]))

    assert [p.code for p in report.problems] == ["default-type"]


@pytest.mark.parametrize("tokens", [100, 200])
def test_context_rules_that_leave_nothing_are_the_problem_not_the_text(tokens: int) -> None:
    rule = ContextRule(source="external_api", max_tokens=200)

    (problem,) = checked(evolve(PLAIN, max_tokens=tokens, context_rules=[rule])).problems

    assert (problem.code, problem.place) == ("context-rules", "context_rules")
    assert problem.message == (
        f"the context rules take 200 tokens, which leaves none of max_tokens {tokens} for the texts;"
        " lower them, or raise max_tokens"
    )
