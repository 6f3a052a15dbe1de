"""Folders of prompts, and what came of applying them."""

from __future__ import annotations

from attrs import evolve

from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import Outcome, Result
from tests.unit.services.conftest import FIRST, version

SECOND, THIRD = version("1.1.0"), version("1.2.0")
OTHER = evolve(FIRST, name="other")


def applied(
    me: ActingPrompts, *definitions: PromptDefinition, promote: bool = False, force: bool = False
) -> tuple[Outcome, ...]:
    return me.apply(me.plan(definitions, promote=promote, force=force))


def results(outcomes: tuple[Outcome, ...]) -> list[tuple[str, Result, list[str]]]:
    return [(o.name, o.result, [str(s) for s in o.steps]) for o in outcomes]


def errors(outcomes: tuple[Outcome, ...]) -> list[type | None]:
    return [None if o.error is None else type(o.error) for o in outcomes]
