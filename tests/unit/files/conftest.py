"""Prompt files made of parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from jackfield.adapters.files import PromptFile, read

Reader: TypeAlias = Callable[[str], PromptFile]
Places: TypeAlias = list[tuple[str, int, int]]

HEAD = "name: greeting\nversion: 1.0.0\nmodel: m\nmax_tokens: 512\n"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Write a text as it stands, and read it as a prompt file."""

    def write_and_read(text: str) -> PromptFile:
        path = tmp_path / "x.prompt"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return read(path)

    return write_and_read


def prompt(head: str = "", body: str = "hi") -> str:
    """A file with the fields that must be there, further ones, and a body."""
    return f"---\n{HEAD}{head}---\n{body}"


def places(file: PromptFile) -> Places:
    """The code, line and column of every problem."""
    return [(p.code, p.line, p.column) for p in file.problems]
