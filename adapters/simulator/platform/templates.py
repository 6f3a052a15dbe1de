"""The platform's own rules for a template's text and its version's number."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from jackfield.adapters.simulator.platform.reading import Fields

LONGEST_TEMPLATE: Final = 4_096

_LITERAL: Final = "{" * 4
_PLACEHOLDER: Final = re.compile(r"\{\{\{\{|\{\{(?:[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\})?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IDENTIFIER: Final = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER: Final = re.compile(
    r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
    rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


def is_name(text: str) -> bool:
    """Say whether a placeholder could name the variable."""
    return _NAME.fullmatch(text) is not None


def read_version(fields: Fields) -> str:
    """Return the field `version`, a semantic version 2.0.0."""
    version = fields.text("version")
    if version and _SEMVER.fullmatch(version) is None:
        fields.fault("version.format", "version")
    return version


def read_text(fields: Fields, name: str) -> str:
    """Return the template's text, at most 4,096 code points."""
    text = fields.text(name)
    if len(text) > LONGEST_TEMPLATE:
        fields.fault("field.length", name)
    return text


def check_placeholders(fields: Fields, name: str, text: str, declared: Collection[str]) -> None:
    """Note each `{{` that begins no placeholder, and each placeholder without a variable, once.

    `{{{{` is let through: it is text of prompts that their callers render.
    """
    used: dict[str, None] = {}
    for match in _PLACEHOLDER.finditer(text):
        if match[1] is not None:
            used[match[1]] = None
        elif match[0] != _LITERAL:
            fields.fault("placeholder.malformed", name)
    for variable in used:
        if variable not in declared:
            fields.fault("variable.undeclared", f"variables.{variable}")


def tokens(text: str) -> int:
    """Return the platform's estimate: four code points a token, rounded up."""
    return -(-len(text) // 4)
