"""The order of a folder's versions: by prompt as they come, within one by semantic version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.versions import Precedence, SemVer

Rank: TypeAlias = tuple[Precedence, str]


def by_prompt(definitions: Iterable[PromptDefinition]) -> Mapping[str, tuple[PromptDefinition, ...]]:
    """Return the definitions of each prompt, lowest version first, each number once.

    Raises `InvalidInput` for a number with two contents.
    """
    found = dict[str, dict[str, PromptDefinition]]()
    for definition in definitions:
        known = found.setdefault(definition.name, {})
        other = known.setdefault(definition.version, definition)
        if other.content_hash != definition.content_hash:
            raise InvalidInput(
                f"version {definition.version} is given twice, with different contents",
                place=f"prompt {definition.name}",
                remedy="give each content a number of its own",
            )
    return {name: tuple(sorted(known.values(), key=_rank)) for name, known in found.items()}


def ordered(definitions: Iterable[PromptDefinition]) -> tuple[PromptDefinition, ...]:
    """Return all definitions, a prompt's versions together and lowest first."""
    return tuple(d for group in by_prompt(definitions).values() for d in group)


def is_below(version: str, other: str) -> bool:
    """Say whether *version* comes before *other*; no if either is no semantic version."""
    try:
        return SemVer.parse(version).precedence < SemVer.parse(other).precedence
    except InvalidInput:
        return False


def is_prerelease(version: str) -> bool:
    """Say whether *version* comes before its release, as 1.2.0-rc.1; no if it is no semantic version."""
    try:
        return bool(SemVer.parse(version).prerelease)
    except InvalidInput:
        return False


def _rank(definition: PromptDefinition) -> Rank:
    return SemVer.parse(definition.version).precedence, definition.version
