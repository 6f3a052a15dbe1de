"""A program that embeds the core hears nothing of it in its log until it says so, whenever it loads that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

OPEN: Final = "import jackfield; jackfield.open().close()"
LOGURU: Final = "from loguru import logger"
SPOKEN: Final = (
    "exec(compile('logger.warning(\"heard\")', 'x', 'exec'), {'__name__': 'jackfield.x', 'logger': logger})"
)


def said(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> bool:
    monkeypatch.setenv("JACKFIELD_STATE", str(folder))
    done = subprocess.run(
        [sys.executable, "-c", "\n".join((*lines, SPOKEN))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return "heard" in done.stderr


@pytest.mark.parametrize("lines", [(OPEN, LOGURU), (LOGURU, OPEN)])
def test_it_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]) -> None:
    assert not said(tmp_path, monkeypatch, *lines)


@pytest.mark.parametrize("lines", [(OPEN, LOGURU), (LOGURU, OPEN)])
def test_it_speaks_when_its_program_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    assert said(tmp_path, monkeypatch, *lines, "logger.enable('jackfield')")


def test_what_the_program_said_stays_when_the_core_says_its_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (OPEN, LOGURU, "logger.enable('jackfield')", "jackfield.open().close()")
    assert said(tmp_path, monkeypatch, *lines)
