"""Which display each action belongs to: so a recommendation counts in one place, and groups add up.

What counts once is a recommendation that was displayed to an agent in a conversation. An action belongs to
the newest display of it there that came before: one to the same agent, else one to another. It has that one's
agent, source and position, whatever was told with the action itself. Displayed several times, it counts where
it was displayed last before it was first clicked; unless it was clicked, where it was displayed last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field, frozen

if TYPE_CHECKING:
    from jackfield.domain.model.advice.feedback import Feedback

Unit: TypeAlias = tuple[str, str, str]
"""What counts once: a conversation, a recommendation, an agent."""


@frozen
class Placed:
    """An action, what it counts for, and where that stood; None where nobody told it."""

    action: str
    unit: Unit
    source: str | None
    position: int | None

    @property
    def agent(self) -> str:
        """Whom it was displayed to; who acted, if nobody told that it was displayed."""
        return self.unit[2]


@define(eq=False)
class _Told:
    """What was told of one recommendation, to one agent of one conversation."""

    displays: list[Feedback] = field(factory=list["Feedback"])
    actions: list[Feedback] = field(factory=list["Feedback"])

    def placed(self, unit: Unit) -> Iterator[Placed]:
        known = [*self._ordered(), *self.actions]
        source = next((each.source for each in known if each.source is not None), None)
        position = next((each.position for each in known if each.position is not None), None)
        for each in (*self.displays, *self.actions):
            yield Placed(each.action, unit, source, position)

    def _ordered(self) -> Sequence[Feedback]:
        """The displays, that first at which it counts."""
        clicks = [each.time for each in self.actions if each.is_click]
        if not self.displays:
            return ()
        first = _newest(self.displays, min(clicks)) if clicks else self.displays[-1]
        return first, *reversed(self.displays)


def placed(told: Iterable[Feedback]) -> Iterator[Placed]:
    """Give all that was *told*, in any order, where it counts."""
    listed = sorted(told, key=lambda each: each.time)
    shown = [each for each in listed if each.is_display]
    units = dict[Unit, _Told]()
    for each in shown:
        units.setdefault(_unit(each), _Told()).displays.append(each)
    displays = _Displays.of(shown)
    for each in listed:
        if not each.is_display:
            display = displays.of_action(each)
            units.setdefault(_unit(each if display is None else display), _Told()).actions.append(each)
    for unit, found in units.items():
        yield from found.placed(unit)


def _unit(each: Feedback) -> Unit:
    return each.conversation, each.recommendation, each.agent


@frozen
class _Displays:
    """Displays by what may be told of them, in the order of their times."""

    here: dict[Unit, list[Feedback]] = field(factory=dict[Unit, "list[Feedback]"])
    anybody: dict[tuple[str, str], list[Feedback]] = field(factory=dict[tuple[str, str], "list[Feedback]"])
    anywhere: dict[tuple[str, str], list[Feedback]] = field(factory=dict[tuple[str, str], "list[Feedback]"])

    @classmethod
    def of(cls, displays: Iterable[Feedback]) -> _Displays:
        found = cls()
        for each in displays:
            found.here.setdefault(_unit(each), []).append(each)
            found.anybody.setdefault((each.conversation, each.recommendation), []).append(each)
            found.anywhere.setdefault((each.agent, each.recommendation), []).append(each)
        return found

    def of_action(self, told: Feedback) -> Feedback | None:
        """Return the display that it belongs to; where no conversation was told, one to the same agent."""
        if not told.conversation:
            there = self.anywhere.get((told.agent, told.recommendation))
        else:
            key = told.conversation, told.recommendation
            there = self.here.get(_unit(told)) or self.anybody.get(key)
        return _newest(there, told.time) if there else None


def _newest(displays: Sequence[Feedback], time: datetime) -> Feedback:
    """Return the newest at *time*; the first one where clocks differ, and all came later."""
    return displays[max(0, bisect_right(displays, time, key=lambda each: each.time) - 1)]
