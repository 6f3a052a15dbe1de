"""What differs between two prompt definitions, as a unified diff of their contents."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import Final

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.prompts import PromptDefinition, content

_SPLIT: Final = "@@ the same lines, divided otherwise into system and user text @@"


def differences(before: PromptDefinition, after: PromptDefinition) -> tuple[str, ...]:
    """Return the lines of a unified diff; none if the contents are equal. The version is no content."""
    lines = unified_diff(
        tuple(_lines(before)),
        tuple(_lines(after)),
        fromfile=f"{before.name} {before.version}",
        tofile=f"{after.name} {after.version}",
        lineterm="",
    )
    found = tuple(lines)
    if not found and before.content_hash != after.content_hash:
        return (f"--- {before.name} {before.version}", f"+++ {after.name} {after.version}", _SPLIT)
    return found


def _lines(definition: PromptDefinition) -> Iterator[str]:
    fields = dict(content(definition))
    template, user = fields.pop("template"), fields.pop("user_template")
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            yield from (f"{name}: {canonical(item)}" for item in value)
        else:
            yield f"{name}: {canonical(value)}"
    yield "---"
    yield from str(template).split("\n")
    if user is not None:
        yield "--- user"
        yield from str(user).split("\n")
