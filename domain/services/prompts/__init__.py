"""Prompts from file to production: publish, promote, roll back, and what is live.

What changes prompts is loaded by whoever does: a program that reads what is live does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jackfield.domain.services.prompts.changes import ActingPrompts
    from jackfield.domain.services.prompts.reads import Prompts
    from jackfield.domain.services.prompts.values import (
        LiveVersion,
        Moved,
        PlatformView,
        PromptStatus,
        PromptVersion,
        Published,
    )

__all__ = [
    "ActingPrompts",
    "LiveVersion",
    "Moved",
    "PlatformView",
    "PromptStatus",
    "PromptVersion",
    "Prompts",
    "Published",
]

_HOMES: Final = {"ActingPrompts": "changes", "Prompts": "reads"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'values')}"), name)
    globals()[name] = value
    return value
