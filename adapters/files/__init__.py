"""Prompt files: `NAME.prompt`, YAML front matter and the template as the body."""

from __future__ import annotations

from jackfield.adapters.files.folders import find
from jackfield.adapters.files.prompts import PromptFile, load, read

__all__ = ["PromptFile", "find", "load", "read"]
