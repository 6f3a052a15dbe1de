"""What agents do with recommendations, and the click-through rate of it.

Source: `conversations.md`, "Definitions": clicked ÷ displayed, each recommendation once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from math import sqrt
from typing import Final

from attrs import define, field, frozen

from jackfield.domain.model.advice.placing import Placed, Unit, placed
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware, text

MOST_GROUPS: Final = 1_000
OTHER: Final = "other"
"""Takes what further groups would, once there are 1,000."""
_Z: Final = 1.959963984540054


class Action(StrEnum):
    """What happened to a recommendation on an agent's screen."""

    DISPLAYED = "displayed"
    CLICKED = "clicked"
    COPIED = "copied"
    DISMISSED = "dismissed"
    HELPFUL = "helpful"
    WRONG = "wrong"


def action(word: object) -> Action:
    """Read an action; raise `InvalidInput` with the words there are for another."""
    found = next((each for each in Action if each == word), None)
    if found is None:
        said = ascii(word[:40]) if isinstance(word, str) else f"a value of type {type(word).__name__}"
        raise InvalidInput(f"{said} is unknown", place="action", remedy=f"write one of {', '.join(Action)}")
    return found


@frozen(kw_only=True)
class Feedback:
    """One action on one recommendation: in which conversation, at which position it stood, by whom.

    `known` is False where nobody was known to have recommended it when it was told.
    """

    recommendation: str = field(validator=text)
    conversation: str = field(validator=text)
    agent: str = field(validator=text)
    action: Action
    time: datetime = field(validator=aware)
    source: str | None = None
    position: int | None = None
    known: bool = True

    @property
    def is_display(self) -> bool:
        """Whether it was on a screen."""
        return self.action is Action.DISPLAYED

    @property
    def is_click(self) -> bool:
        """Whether it was clicked."""
        return self.action is Action.CLICKED


class By(StrEnum):
    """What click-through is grouped by."""

    SOURCE = "source"
    POSITION = "position"
    AGENT = "agent"


@frozen(kw_only=True)
class ClickThrough:
    """How many of the displayed recommendations were clicked, with the 95 % interval (Wilson).

    `rate` and its bounds are None where nothing was displayed. `unseen` were clicked, and nobody told that
    they were displayed: they do not count on either side. `actions` are all that was told, each once. All of
    these add up: the numbers of the groups are together those of the whole.
    """

    displayed: int = 0
    clicked: int = 0
    unseen: int = 0
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    actions: Mapping[Action, int] = field(factory=dict[Action, int])


@frozen(kw_only=True)
class Group:
    """The click-through of one source, position or agent; `key` is None where nobody told it."""

    key: str | None
    figures: ClickThrough


@frozen(kw_only=True)
class Report:
    """All recommendations, and each group's."""

    whole: ClickThrough
    groups: tuple[Group, ...] = ()


def report(told: Iterable[Feedback], *, by: By | None = None) -> Report:
    """Sum up what was *told*, in any order; the same action on the same recommendation counts once.

    It counts in the group of what was displayed, whatever was told with the action: see `placing`.
    """
    whole, groups = _Counts(), dict[str | None, _Counts]()
    for each in placed(told):
        whole.add(each)
        if by is not None:
            groups.setdefault(_known(_KEYS[by](each), groups), _Counts()).add(each)
    ordered = sorted(groups, key=lambda key: (key is not None, key or ""))
    return Report(
        whole=whole.figures(),
        groups=tuple(Group(key=key, figures=groups[key].figures()) for key in ordered),
    )


@define(eq=False)
class _Counts:
    """Which recommendations were told of each action."""

    by_action: dict[Action, set[Unit]] = field(factory=dict[Action, set[Unit]])

    def add(self, told: Placed) -> None:
        self.by_action.setdefault(Action(told.action), set()).add(told.unit)

    def figures(self) -> ClickThrough:
        displayed = self.by_action.get(Action.DISPLAYED, set())
        clicks = self.by_action.get(Action.CLICKED, set())
        clicked = len(clicks & displayed)
        low, high = interval(clicked, len(displayed))
        return ClickThrough(
            displayed=len(displayed),
            clicked=clicked,
            unseen=len(clicks - displayed),
            rate=clicked / len(displayed) if displayed else None,
            low=low,
            high=high,
            actions={each: len(self.by_action[each]) for each in Action if each in self.by_action},
        )


def interval(part: int, whole: int) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share after Wilson (1927); None of nothing."""
    if not whole:
        return None, None
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z / (1 + z2 / whole) * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def _known(key: str | None, groups: Mapping[str | None, object]) -> str | None:
    return key if key in groups or len(groups) < MOST_GROUPS else OTHER


_KEYS: Final[Mapping[By, Callable[[Placed], str | None]]] = {
    By.SOURCE: lambda told: told.source,
    By.POSITION: lambda told: None if told.position is None else str(told.position),
    By.AGENT: lambda told: told.agent,
}
