"""Checks a prompt before anything is sent: every rule, and the worst case against every budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from jackfield.domain.model.budgets import Limit, Measure, Policy, exceeded
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.templates import Literal, Placeholder, Template, Text
from jackfield.domain.model.variables import Variable, VariableType, mismatch, spell
from jackfield.ports.tokens import TokenCounter

_PROMPT: Final = "prompt"


@frozen(kw_only=True)
class Report:
    """What a check found: every problem, and what was counted against which limit."""

    definition: PromptDefinition
    problems: tuple[Problem, ...]
    measures: tuple[Measure, ...]

    @property
    def tokens(self) -> int:
        """The prompt's tokens at their most."""
        return next(m.used for m in self.measures if m.unit == "tokens")


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
    crowded = tuple(_crowded(definition))
    counted = tuple(m for m in measures if not (crowded and m.what == _PROMPT))
    problems = (*definition.problems(), *_raised(definition, policy), *crowded, *exceeded(counted))
    return Report(definition=definition, problems=problems, measures=measures)


def measure(definition: PromptDefinition, *, policy: Policy, counter: TokenCounter) -> Iterator[Measure]:
    """Count *definition* against the policy, its own limits, and its `max_tokens` less its context rules."""
    longest = [_longest(t, definition.matrix.by_name, counter) for t in definition.templates]
    yield from _characters(definition, policy, longest[0])
    yield from _tokens(definition, policy, longest)


def _characters(definition: PromptDefinition, policy: Policy, system: Longest) -> Iterator[Measure]:
    """The system text as it is written, and as it is sent when every variable is at its longest."""
    limit = _lower(policy.characters, definition.limits.characters, "limits.characters of the prompt")
    counts = (
        ("template", len(definition.system.normalized), ()),
        ("rendered", system.characters, system.unbounded),
    )
    for what, used, unbounded in counts:
        yield Measure(what=what, unit="characters", used=used, limit=limit, exact=True, at_least=unbounded)


def _tokens(definition: PromptDefinition, policy: Policy, texts: Sequence[Longest]) -> Iterator[Measure]:
    """System and user text together, against the window and against the prompt's own maximum."""
    limits = (
        ("window", _lower(policy.tokens, definition.limits.tokens, "limits.tokens of the prompt")),
        (_PROMPT, _own(definition)),
    )
    for what, limit in limits:
        yield Measure(
            what=what,
            unit="tokens",
            used=sum(text.tokens for text in texts),
            limit=limit,
            exact=all(text.exact for text in texts),
            at_least=tuple(dict.fromkeys(name for text in texts for name in text.unbounded)),
        )


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


def _crowded(definition: PromptDefinition) -> Iterator[Problem]:
    """Shortening the texts is no way out where the context rules take all that there is."""
    rules = _ruled(definition)
    if rules and rules >= definition.max_tokens:
        yield Problem(
            code="context-rules",
            place="context_rules",
            message=f"the context rules take {rules} tokens, which leaves none of max_tokens"
            f" {definition.max_tokens} for the texts; lower them, or raise max_tokens",
        )


def _ruled(definition: PromptDefinition) -> int:
    return sum(rule.max_tokens for rule in definition.context_rules)


def _lower(limit: Limit, own: int | None, source: str) -> Limit:
    return Limit(own, source) if own is not None and own < limit.value else limit


def _own(definition: PromptDefinition) -> Limit:
    rules = _ruled(definition)
    left = max(0, definition.max_tokens - rules)
    return Limit(left, f"max_tokens {definition.max_tokens} less context rules {rules}")


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
    """The default's text; one of a wrong type, which is a problem by itself, has none."""
    default = variable.default
    return "" if default is None or mismatch(variable.type, default) else spell(default)
