"""Prompt files: `NAME.prompt`, YAML front matter and the template as the body."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the reader of YAML is loaded by whoever reads a file
    from jackfield.adapters.files.folders import find
    from jackfield.adapters.files.prompts import PromptFile, load, read

__all__ = ["PromptFile", "find", "load", "read"]

_HOMES: Final = {"PromptFile": "prompts", "find": "folders", "load": "prompts", "read": "prompts"}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    return value
