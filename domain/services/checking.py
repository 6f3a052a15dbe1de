"""Checks a prompt before anything is sent: every rule, and the worst case against every budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from jackfield.domain.model.budgets import Limit, Measure, Policy, exceeded
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.templates import Literal, Placeholder, Template, Text
from jackfield.domain.model.variables import Variable, VariableType, spell
from jackfield.ports.tokens import TokenCounter


@frozen(kw_only=True)
class Report:
    """What a check found: every problem, and what was counted against which limit."""

    definition: PromptDefinition
    problems: tuple[Problem, ...]
    measures: tuple[Measure, ...]

    @property
    def tokens(self) -> int:
        """The prompt's tokens at their most."""
        return next(m.used for m in self.measures if m.what == "tokens")


@frozen(kw_only=True)
class Longest:
    """A template with every variable at its longest, and the variables that nothing bounds."""

    characters: int
    tokens: int
    exact: bool
    unbounded: tuple[str, ...]


def check(definition: PromptDefinition, *, policy: Policy, counter: TokenCounter) -> Report:
    """Return every problem of *definition*; its texts are counted with each variable at its longest."""
    measures = tuple(measure(definition, policy=policy, counter=counter))
    problems = (*definition.problems(), *_raised(definition, policy), *exceeded(measures))
    return Report(definition=definition, problems=problems, measures=measures)


def measure(definition: PromptDefinition, *, policy: Policy, counter: TokenCounter) -> Iterator[Measure]:
    """Count *definition* against the policy, its own limits, and its `max_tokens` less its context rules."""
    variables = definition.matrix.by_name
    system, *user = (_longest(template, variables, counter) for template in definition.templates)
    characters = _lower(policy.characters, definition.limits.characters, "limits.characters of the prompt")
    written = len(definition.system.normalized)
    yield Measure(what="template characters", used=written, limit=characters, exact=True)
    bounded = Measure(what="rendered characters", used=system.characters, limit=characters, exact=True)
    yield bounded.but_at_least(system.unbounded)
    both = (system, *user)
    tokens = sum(text.tokens for text in both)
    unbounded = tuple(dict.fromkeys(name for text in both for name in text.unbounded))
    exact = all(text.exact for text in both)
    for limit in (
        _lower(policy.tokens, definition.limits.tokens, "limits.tokens of the prompt"),
        _own(definition),
    ):
        yield Measure(what="tokens", used=tokens, limit=limit, exact=exact).but_at_least(unbounded)


def _raised(definition: PromptDefinition, policy: Policy) -> Iterator[Problem]:
    for name, own, limit in (
        ("characters", definition.limits.characters, policy.characters),
        ("tokens", definition.limits.tokens, policy.tokens),
    ):
        if own is not None and own > limit.value:
            yield Problem(
                code="limit-raised",
                message=f"limits.{name} is {own}; it may only lower {limit.value}, {limit.source}",
            )


def _lower(limit: Limit, own: int | None, source: str) -> Limit:
    return Limit(own, source) if own is not None and own < limit.value else limit


def _own(definition: PromptDefinition) -> Limit:
    rules = sum(rule.max_tokens for rule in definition.context_rules)
    return Limit(
        definition.max_tokens - rules, f"max_tokens {definition.max_tokens} less context rules {rules}"
    )


def _longest(template: Template, variables: Mapping[str, Variable], counter: TokenCounter) -> Longest:
    fixed, bounds, unbounded = list[str](), list[int](), dict[str, None]()
    for segment in template.segments:
        match segment:
            case Text(value):
                fixed.append(value)
            case Literal():
                fixed.append("{{")
            case Placeholder(name) if name in variables:
                bound = _bound(variables[name])
                bounds.append(bound or 0)
                if bound is None:
                    fixed.append(_default(variables[name]))
                    unbounded[name] = None
            case Placeholder():
                pass
    text = "".join(fixed)
    count = counter.count(text)
    return Longest(
        characters=len(text) + sum(bounds),
        tokens=count.tokens + sum(map(counter.worst, bounds)),
        exact=count.exact and not bounds,
        unbounded=tuple(unbounded),
    )


def _bound(variable: Variable) -> int | None:
    """The longest text the variable can take; `false` is the longest boolean."""
    return len("false") if variable.type is VariableType.BOOLEAN else variable.max_length


def _default(variable: Variable) -> str:
    return "" if variable.default is None else spell(variable.default)
