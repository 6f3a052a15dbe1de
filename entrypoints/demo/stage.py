"""Where stories are told: acts with a title and what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings

INDENT: Final = 3


class StoryUntrue(JackfieldError):
    """What happened is not what the story tells."""


@define
class Act:
    """One step of a story."""

    story: str
    title: str
    lines: list[str] = field(factory=list[str])


def exhaust(parts: Iterable[str]) -> None:
    """Take them all, and show none."""
    for _ in parts:
        continue


@define
class Stage:
    """Shows each line as it is told, and keeps it; the acts of each story are counted from 1.

    `flow` shows a line whose parts come one by one. It is `live` if somebody watches: then waits are real.
    """

    show: Callable[[str], Any]
    acts: list[Act] = field(factory=list[Act])
    story: str = ""
    flow: Callable[[Iterable[str]], Any] = exhaust
    live: bool = False
    _count: int = field(default=0, init=False)

    def begin(self, story: str, summary: str) -> None:
        """Begin a story."""
        self.story, self._count = story, 0
        self._show_apart(f"{story}: {summary}")

    def act(self, title: str) -> None:
        """Begin the next step."""
        self._count += 1
        self.acts.append(Act(self.story, title))
        self._show_apart(f"{self._count}. {title}")

    def say(self, lines: str | Iterable[str]) -> None:
        """Show what is seen."""
        for line in lines.splitlines() if isinstance(lines, str) else lines:
            self.acts[-1].lines.append(line)
            self.show(f"{'':{INDENT}}{line}".rstrip())

    def stream(self, label: str, pieces: Iterable[str]) -> str:
        """Show *pieces* behind *label* as they come, in one line; return them put together."""
        told = list[str]()
        self.flow(chain([f"{'':{INDENT}}{label}"], _kept(pieces, told)))
        text = "".join(told)
        self.acts[-1].lines.append(f"{label}{text}")
        return text

    def _show_apart(self, line: str) -> None:
        self.show("")
        self.show(line)

    def insist(self, that: str, *, holds: bool) -> None:
        """Raise `StoryUntrue` unless *that* holds."""
        if not holds:
            raise StoryUntrue(
                f"it is not so that {that}",
                place=f"story {self.story}, act {self._count}",
                remedy="tell the maintainers, with all of the output",
            )


def _kept(pieces: Iterable[str], told: list[str]) -> Iterator[str]:
    for piece in pieces:
        told.append(piece)
        yield piece


def settings(folder: Path) -> Settings:
    """Return the settings of the story's target in *folder*; what is installed beside us takes no part."""
    return Settings(
        target="demo",
        platform="simulator",
        organization=organization("demo"),
        folder=folder / "state",
        rules=Rules(plugins=OwnPlugins(only_built_in=True)),
    )
