"""What a prompt is: an immutable bundle of templates, variables and rules, known by its content hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeVar

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.errors import InvalidInput, InvalidPrompt
from jackfield.domain.model.fields import (
    all_of,
    expect,
    instance_of,
    optional_number,
    optional_text,
    read_only,
    text,
    texts,
    whole_number,
)
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.rendering import Renderer
from jackfield.domain.model.rendering import renderer as compile_renderer
from jackfield.domain.model.templates import Template, parse
from jackfield.domain.model.variables import Variable, VariableMatrix
from jackfield.domain.model.versions import SemVer

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_UNSAID: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_E = TypeVar("_E", bound=StrEnum)


class Rendering(StrEnum):
    """Who replaces the placeholders: the platform, or Jackfield before it sends."""

    PLATFORM = "platform"
    LOCAL = "local"


class ContextSource(StrEnum):
    """Where the text that a context rule admits comes from."""

    CONVERSATION_HISTORY = "conversation_history"
    EXTERNAL_API = "external_api"
    KNOWLEDGE_BASE = "knowledge_base"


class InjectionPoint(StrEnum):
    """The role under which a context rule's text is put in."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


def _one_of(kind: type[_E], value: str, place: str) -> _E:
    if value not in frozenset(kind):
        raise InvalidInput(f"it is one of {', '.join(kind)}", place=place)
    return kind(value)


def _rendering(value: str) -> Rendering:
    return _one_of(Rendering, value, "renderer")


def _source(value: str) -> ContextSource:
    return _one_of(ContextSource, value, "source")


def _injection_point(value: str) -> InjectionPoint:
    return _one_of(InjectionPoint, value, "injection_point")


@frozen(kw_only=True)
class ContextRule:
    """How many tokens of one source may be put into the prompt at run time, and where."""

    source: ContextSource = field(converter=_source)
    max_tokens: int = field(validator=whole_number)
    injection_point: InjectionPoint = field(default=InjectionPoint.SYSTEM, converter=_injection_point)


@frozen(kw_only=True)
class Limits:
    """A prompt's own limits, which may only lower the policy's."""

    characters: int | None = field(default=None, validator=optional_number)
    tokens: int | None = field(default=None, validator=optional_number)


@frozen(kw_only=True)
class Rendered:
    """What a model is given: the system text, and the user text if the prompt brings one."""

    system: str
    user: str | None


def _variables(variables: Iterable[Variable]) -> tuple[Variable, ...]:
    return all_of(Variable, variables, "variables")


def _rules(rules: Iterable[ContextRule]) -> tuple[ContextRule, ...]:
    return all_of(ContextRule, rules, "context_rules")


def _metadata(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return read_only(mapping, "metadata")


@frozen(kw_only=True)
class PromptDefinition:
    """One version of a prompt, as a file or a program writes it.

    `template` is the system text, `user_template` an optional user text. Source: `wire.md` §3 and §4.
    """

    name: str = field(validator=text)
    version: str = field(validator=text)
    model: str = field(validator=text)
    max_tokens: int = field(validator=whole_number)
    template: str = field(validator=text)
    user_template: str | None = field(default=None, validator=optional_text)
    variables: tuple[Variable, ...] = field(default=(), converter=_variables)
    context_rules: tuple[ContextRule, ...] = field(default=(), converter=_rules)
    metadata: Mapping[str, str] = field(
        factory=dict[str, str], converter=_metadata, validator=texts, hash=False
    )
    limits: Limits = field(default=Limits(), validator=instance_of(Limits))
    renderer: Rendering = field(default=Rendering.PLATFORM, converter=_rendering)

    @cached_property
    def system(self) -> Template:
        """The parsed system text."""
        return parse(self.template)

    @cached_property
    def user(self) -> Template | None:
        """The parsed user text, if there is one."""
        return None if self.user_template is None else parse(self.user_template)

    @cached_property
    def matrix(self) -> VariableMatrix:
        """The declared variables."""
        return VariableMatrix(self.variables)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of everything but the version; equal contents have equal hashes under any number.

        Raises `InvalidPrompt` for a content that no JSON can carry, such as a default that is not finite.
        """
        try:
            return digest(canonical(content(self)))
        except (ValueError, TypeError, RecursionError):
            pass
        raise InvalidPrompt(
            f"prompt {self.name!r} has no content hash", remedy="mend its problems", problems=self.problems()
        )

    @cached_property
    def _renderers(self) -> tuple[Renderer, Renderer | None]:
        problems = tuple(self.problems())
        if problems:
            raise InvalidPrompt(
                f"prompt {self.name!r} cannot be rendered", remedy="mend its problems", problems=problems
            )
        user = None if self.user is None else compile_renderer(self.user, self.matrix)
        return compile_renderer(self.system, self.matrix), user

    def render(self, values: Mapping[str, Any]) -> Rendered:
        """Fill the placeholders with *values*, inert; raise `InvalidInput` naming those that do not fit."""
        expect(Mapping, values, "values", 'give them by name, such as {"customer": "Mina"}')
        system, user = self._renderers
        return Rendered(system=system.render(values), user=None if user is None else user.render(values))

    def problems(self) -> Iterator[Problem]:
        """List everything that is wrong with the definition itself; budgets are counted by the check."""
        yield from self._field_problems()
        for place, template in zip(("template", "user_template"), self.templates, strict=False):
            yield from (problem.at(place) for problem in self._text_problems(template))
        yield from self.matrix.problems(self.templates)

    def _text_problems(self, template: Template) -> Iterator[Problem]:
        yield from template.problems
        yield from self.matrix.undeclared(template)
        if self.renderer is Rendering.PLATFORM:
            yield from _literals(template)

    @property
    def templates(self) -> tuple[Template, ...]:
        """The system text and, if there is one, the user text."""
        return (self.system,) if self.user is None else (self.system, self.user)

    def _field_problems(self) -> Iterator[Problem]:
        if NAME.fullmatch(self.name) is None:
            yield Problem(
                code="name",
                place="name",
                message="a name is [A-Za-z0-9][A-Za-z0-9._-]*, at most 80 characters",
            )
        try:
            SemVer.parse(self.version)
        except InvalidInput as error:
            yield Problem(code="version", place="version", message=f"{error.message}; {error.remedy}")
        if not self.model.strip():
            yield Problem(code="model", place="model", message="the model is empty; name one")
        yield from self._empty_texts()
        yield from self._number_problems()
        for place, line in (
            ("model", self.model),
            *(("metadata", f"{k}{v}") for k, v in self.metadata.items()),
        ):
            if _UNSAID.search(line):
                message = "it holds a control character or half of a surrogate pair; remove it"
                yield Problem(code="unprintable", place=place, message=message)

    def _empty_texts(self) -> Iterator[Problem]:
        for place, words in (("template", self.template), ("user_template", self.user_template)):
            if words is not None and not words.strip():
                message = f"the {place.replace('_', ' ')} is empty; write it"
                yield Problem(code="template-empty", place=place, message=message)

    def _number_problems(self) -> Iterator[Problem]:
        numbers = {
            "max_tokens": self.max_tokens,
            "limits.characters": self.limits.characters,
            "limits.tokens": self.limits.tokens,
            **{
                f"context_rules[{i}].max_tokens": rule.max_tokens for i, rule in enumerate(self.context_rules)
            },
        }
        for place, number in numbers.items():
            if number is not None and number < 1:
                yield Problem(code="number", place=place, message=f"{place} is a number from 1, not {number}")


def _literals(template: Template) -> Iterator[Problem]:
    for literal in template.literals:
        line, column = template.position(literal.offset)
        message = "'{{{{' is for prompts with renderer: local; the platform does not know it"
        yield Problem(code="literal-braces", message=message, line=line, column=column)


def content(definition: PromptDefinition) -> Mapping[str, JSON]:
    """Return what the content hash is taken of: every field but `version`, with normalized templates."""
    return {
        "name": definition.name,
        "model": definition.model,
        "max_tokens": definition.max_tokens,
        "template": definition.system.normalized,
        "user_template": None if definition.user is None else definition.user.normalized,
        "variables": [_variable(v) for v in definition.variables],
        "context_rules": [
            {"source": r.source, "max_tokens": r.max_tokens, "injection_point": r.injection_point}
            for r in definition.context_rules
        ],
        "metadata": dict(definition.metadata),
        "limits": {"characters": definition.limits.characters, "tokens": definition.limits.tokens},
        "renderer": definition.renderer,
    }


def _variable(variable: Variable) -> Mapping[str, JSON]:
    return {
        "name": variable.name,
        "type": variable.type,
        "required": variable.required,
        "default": variable.default,
        "max_length": variable.max_length,
        "description": variable.description,
    }


def expect_definition(value: object, place: str = "definition") -> None:
    """Raise `InvalidInput` for an argument that is no definition."""
    expect(PromptDefinition, value, place, "give one, or what jackfield.load(FILE) returns")
