"""What is wrong with an input, and where."""

from __future__ import annotations

from attrs import evolve, frozen


@frozen(kw_only=True)
class Problem:
    """One thing wrong at one place; `line` and `column` count from 1, 0 means unknown."""

    code: str
    message: str
    place: str = ""
    line: int = 0
    column: int = 0
    variable: str | None = None

    def at(self, place: str, *, line: int = 0, column: int = 0) -> Problem:
        """Return the same problem, placed; a position it already has is kept."""
        if self.line:
            return evolve(self, place=place)
        return evolve(self, place=place, line=line, column=column)

    def __str__(self) -> str:
        position = f":{self.line}:{self.column}" if self.line else ""
        where = f"{self.place}{position}".lstrip(":")
        return f"{where}: {self.message} [{self.code}]" if where else f"{self.message} [{self.code}]"
