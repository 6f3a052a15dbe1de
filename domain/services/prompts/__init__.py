"""Prompts from file to production: publish, promote, roll back, and what is live."""

from __future__ import annotations

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
