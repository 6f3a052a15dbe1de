"""The stories, by the name that `jackfield demo NAME` takes, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    from jackfield.entrypoints.demo.stage import Stage

Tell: TypeAlias = "Callable[[Stage, Path], None]"


@frozen
class Story:
    """What it shows in a line, and what tells it in an empty folder; it stands alone."""

    summary: str
    tell: Tell


def _prompts(stage: Stage, folder: Path) -> None:
    from jackfield.entrypoints.demo.prompts import tell  # late, as all here: help needs none

    tell(stage, folder)


def _rollouts(stage: Stage, folder: Path) -> None:
    from jackfield.entrypoints.demo.rollouts import tell

    tell(stage, folder)


def _ask(stage: Stage, folder: Path) -> None:
    from jackfield.entrypoints.demo.ask import tell

    tell(stage, folder)


def _sessions(stage: Stage, folder: Path) -> None:
    from jackfield.entrypoints.demo.sessions import tell

    tell(stage, folder)


def _advice(stage: Stage, folder: Path) -> None:
    from jackfield.entrypoints.demo.advice import tell

    tell(stage, folder)


STORIES: Final[Mapping[str, Story]] = MappingProxyType(
    {
        "prompts": Story("a prompt is checked, promoted, fought over, rolled back and proved", _prompts),
        "rollouts": Story("a good version goes live by itself, a bad one comes back, a CRM hears", _rollouts),
        "ask": Story("an answer streams over a line that is cut, and is whole; a window is too small", _ask),
        "sessions": Story("a bot keeps a customer, people take one over, one finds no place", _sessions),
        "advice": Story("advice follows a transcript, a click is counted, the cache answers", _advice),
    }
)
