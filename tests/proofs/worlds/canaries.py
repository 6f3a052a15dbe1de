"""What must be nowhere: secrets, tokens, and what customers and agents said."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

from attrs import define, field
from loguru import logger

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.measurements import Measurement
from jackfield.plugins.host import Host


@define(eq=False)
class Canaries:
    """The words, and where it is looked for them."""

    words: list[str] = field(factory=list[str])
    lines: list[str] = field(factory=list[str])
    looked: int = 0

    def word(self, text: str) -> str:
        """Let the text be one, and return it."""
        if text not in self.words:
            self.words.append(text)
        return text

    def look(self, text: str, where: str) -> None:
        """Raise `AssertionError` if one of them is in the text."""
        self.looked += 1
        found = [word for word in self.words if word in text]
        assert not found, f"{found[0]!r} is in {where}: {text[:300]}"

    def look_at(self, error: JackfieldError) -> None:
        """Look at all that an error shows, and at what it came from of ours."""
        seen: BaseException | None = error
        while isinstance(seen, JackfieldError):
            notes = getattr(seen, "__notes__", ())
            self.look(f"{seen} {seen!r} {seen.args} {vars(seen)} {notes}", f"a {type(error).__name__}")
            seen = seen.__cause__

    def hear(self, measurement: Measurement) -> None:
        """Look at a measurement."""
        self.lines.append(f"{measurement.name} {measurement.labels}")

    def settle(self) -> None:
        """Look at what was logged and measured since."""
        for line in self.lines:
            self.look(line, "a log line or measurement")
        self.lines.clear()


@contextmanager
def watching(canaries: Canaries) -> Generator[None]:
    """Look at what is logged and measured while the block lasts."""

    def measure(_: Any, measurement: Measurement) -> None:
        canaries.hear(measurement)

    write: Callable[[str], None] = canaries.lines.append
    logger.enable("jackfield")
    with suppress(ValueError):  # the one that writes to standard error
        logger.remove(0)
    sink = logger.add(write, level=0, format="{message} {extra} {exception}", diagnose=False, backtrace=False)
    try:
        with patch.object(Host, "measure", measure):
            yield
    finally:
        logger.remove(sink)
        logger.disable("jackfield")
