"""Where a story is told: acts with a title and what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import define, field

from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.settings import Settings


@define
class Act:
    """One step of a story."""

    title: str
    lines: list[str] = field(factory=list[str])


@define
class Stage:
    """Shows each line as it is told, and keeps it."""

    show: Callable[[str], Any]
    acts: list[Act] = field(factory=list[Act])

    def act(self, title: str) -> None:
        """Begin the next step."""
        self.acts.append(Act(title))
        self.show(f"\n{len(self.acts)}. {title}")

    def say(self, lines: str | Iterable[str]) -> None:
        """Show what is seen."""
        for line in lines.splitlines() if isinstance(lines, str) else lines:
            self.acts[-1].lines.append(line)
            self.show(f"   {line}")


def settings(folder: Path) -> Settings:
    """Return the settings of the story's target in *folder*."""
    return Settings(
        target="demo", platform="simulator", organization=organization("demo"), folder=folder / "state"
    )
