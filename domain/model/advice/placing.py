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
from typing import Protocol, TypeAlias

from attrs import define, field, frozen

Unit: TypeAlias = tuple[str, str, str]
"""What counts once: a conversation, a recommendation, an agent."""


class Told(Protocol):
    """What is told of a recommendation."""

    @property
    def action(self) -> str: ...
    @property
    def recommendation(self) -> str: ...
    @property
    def conversation(self) -> str: ...
    @property
    def agent(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def source(self) -> str | None: ...
    @property
    def position(self) -> int | None: ...
    @property
    def is_display(self) -> bool: ...
    @property
    def is_click(self) -> bool: ...


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
class _Unit:
    """What was told of one recommendation, to one agent of one conversation."""

    displays: list[Told] = field(factory=list[Told])
    actions: list[Told] = field(factory=list[Told])

    def placed(self, unit: Unit) -> Iterator[Placed]:
        known = [*self._ordered(), *self.actions]
        source = next((each.source for each in known if each.source is not None), None)
        position = next((each.position for each in known if each.position is not None), None)
        for each in (*self.displays, *self.actions):
            yield Placed(each.action, unit, source, position)

    def _ordered(self) -> Sequence[Told]:
        """The displays, that first at which it counts."""
        clicks = [each.time for each in self.actions if each.is_click]
        if not self.displays:
            return ()
        first = _newest(self.displays, min(clicks)) if clicks else self.displays[-1]
        return first, *reversed(self.displays)


def placed(told: Iterable[Told]) -> Iterator[Placed]:
    """Give all that was *told*, in any order, where it counts."""
    listed = sorted(told, key=lambda each: each.time)
    shown = [each for each in listed if each.is_display]
    units = dict[Unit, _Unit]()
    for each in shown:
        units.setdefault(_unit(each), _Unit()).displays.append(each)
    displays = _Displays.of(shown)
    for each in listed:
        if not each.is_display:
            display = displays.of_action(each)
            units.setdefault(_unit(each if display is None else display), _Unit()).actions.append(each)
    for unit, found in units.items():
        yield from found.placed(unit)


def _unit(each: Told) -> Unit:
    return each.conversation, each.recommendation, each.agent


@frozen
class _Displays:
    """Displays by what may be told of them, in the order of their times."""

    here: dict[Unit, list[Told]] = field(factory=dict[Unit, list[Told]])
    anybody: dict[tuple[str, str], list[Told]] = field(factory=dict[tuple[str, str], list[Told]])
    anywhere: dict[tuple[str, str], list[Told]] = field(factory=dict[tuple[str, str], list[Told]])

    @classmethod
    def of(cls, displays: Iterable[Told]) -> _Displays:
        found = cls()
        for each in displays:
            found.here.setdefault(_unit(each), []).append(each)
            found.anybody.setdefault((each.conversation, each.recommendation), []).append(each)
            found.anywhere.setdefault((each.agent, each.recommendation), []).append(each)
        return found

    def of_action(self, told: Told) -> Told | None:
        """Return the display that it belongs to; where no conversation was told, one to the same agent."""
        if not told.conversation:
            there = self.anywhere.get((told.agent, told.recommendation))
        else:
            key = told.conversation, told.recommendation
            there = self.here.get(_unit(told)) or self.anybody.get(key)
        return _newest(there, told.time) if there else None


def _newest(displays: Sequence[Told], time: datetime) -> Told:
    """Return the newest at *time*; the first one where clocks differ, and all came later."""
    return displays[max(0, bisect_right(displays, time, key=lambda each: each.time) - 1)]
