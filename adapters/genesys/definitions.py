"""A prompt definition as the two forms that the platform has of it, and back."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from attrs import evolve

from jackfield.adapters.genesys.wire import (
    ContextRuleBody,
    Plain,
    PromptBody,
    VariableBody,
    VersionAnswer,
    VersionBody,
)
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import ContextRule, PromptDefinition
from jackfield.domain.model.templates import Template, parse
from jackfield.domain.model.variables import TYPE_NAMES, Value, Variable, VariableType, mismatch, spell


def prompt_body(definition: PromptDefinition) -> PromptBody:
    """Return the §3 body; it has no user part, metadata, description, length limit, own limit or renderer."""
    return PromptBody(
        name=definition.name,
        version=definition.version,
        template=_text(definition.system),
        variables=tuple(_variable_body(v) for v in definition.variables),
        context_rules=tuple(
            ContextRuleBody(source=r.source, max_tokens=r.max_tokens, injection_point=r.injection_point)
            for r in definition.context_rules
        ),
        model_id=definition.model,
        max_tokens=definition.max_tokens,
    )


def definition_of(body: PromptBody) -> PromptDefinition:
    """Return the definition that a §3 body holds; whatever the platform does not keep has its default."""
    return PromptDefinition(
        name=body.name,
        version=body.version,
        model=body.model_id,
        max_tokens=body.max_tokens,
        template=body.template,
        variables=tuple(_variable(v) for v in body.variables),
        context_rules=tuple(
            ContextRule(source=r.source, max_tokens=r.max_tokens, injection_point=r.injection_point)
            for r in body.context_rules
        ),
    )


def version_body(template_id: str, definition: PromptDefinition) -> VersionBody:
    """Return the §4 body; model, limits and context rules are inherited there from what is live."""
    return VersionBody(
        template_id=template_id,
        version=definition.version,
        content=_text(definition.system),
        variables=variables_map(definition.variables),
        metadata=dict(definition.metadata),
    )


def variables_map(variables: tuple[Variable, ...]) -> dict[str, Plain]:
    """Return §4's variables: a required one by its type's name, an optional one by its default."""
    return {v.name: _entry(v) for v in variables}


def agree(live: PromptDefinition, definition: PromptDefinition) -> bool:
    """Say whether two definitions have the same §3 body; the order of their variables means nothing."""
    return _unordered(prompt_body(live)) == _unordered(prompt_body(definition))


def kept(definition: PromptDefinition) -> PromptDefinition:
    """Return what the §3 body keeps of a definition, with its variables in the order of their names."""
    return definition_of(_unordered(prompt_body(definition)))


def holds(answer: VersionAnswer, definition: PromptDefinition) -> bool:
    """Say whether a stored version has the definition's content, variables and metadata.

    A version that came by §3 has no metadata there, so that none is no disagreement.
    """
    return (
        answer.version == definition.version
        and _text(parse(answer.content)) == _text(definition.system)
        and _same(answer.variables, variables_map(definition.variables))
        and dict(answer.metadata) in ({}, dict(definition.metadata))
    )


def _unordered(body: PromptBody) -> PromptBody:
    return evolve(body, variables=tuple(sorted(body.variables, key=lambda v: v.name)))


def _text(template: Template) -> str:
    """Return the normalized text; a broken template, which only others can have stored, as it is."""
    return template.source if template.problems else template.normalized


def _variable_body(variable: Variable) -> VariableBody:
    return VariableBody(
        name=variable.name,
        type=variable.type,
        required=variable.required,
        default_value=None if variable.default is None else spell(variable.default),
    )


def _variable(body: VariableBody) -> Variable:
    default = None if body.default_value is None else _default(body.type, body.default_value)
    return Variable(name=body.name, type=body.type, required=body.required, default=default)


def _default(kind: VariableType, text: str) -> Value:
    """Read a default's text; one that is not of its type stays text, and is a problem of the definition."""
    if kind is VariableType.STRING:
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return text if mismatch(kind, value) else value


def _entry(variable: Variable) -> Plain:
    default = variable.default
    if default is None:
        return variable.type.value
    if isinstance(default, str) and default in TYPE_NAMES:
        raise InvalidInput(
            "the default is a type's name, which the platform would read as a required variable",
            place=f"variable {variable.name!r}",
            remedy="choose another default",
        )
    return default if isinstance(default, bool | int | float) else spell(default)


def _same(one: Mapping[str, Plain], other: Mapping[str, Plain]) -> bool:
    return _typed(one) == _typed(other)


def _typed(variables: Mapping[str, Plain]) -> dict[str, tuple[bool, Plain]]:
    return {name: (isinstance(value, bool), value) for name, value in variables.items()}
