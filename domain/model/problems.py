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

    def moved(self, place: str, lines: int) -> Problem:
        """Return the same problem in a text that begins *lines* lines further down in *place*."""
        return evolve(self, place=place, line=max(self.line, 1) + lines, column=max(self.column, 1))

    def __str__(self) -> str:
        if not self.line and self.message.startswith(f"{self.place}: "):
            return f"{self.message} [{self.code}]"
        position = ":".join(str(number) for number in (self.line, self.column) if number)
        where = ":".join(part for part in (self.place, position) if part)
        return f"{where}: {self.message} [{self.code}]" if where else f"{self.message} [{self.code}]"
