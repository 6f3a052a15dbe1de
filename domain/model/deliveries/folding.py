"""What a destination's state becomes when deliveries have ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve, field, frozen

from jackfield.domain.model.deliveries.states import MOST_DEAD, DeadLetter, DestinationState, Waiting
from jackfield.domain.model.subjects import Kind


@frozen(kw_only=True)
class Ended:
    """What came of the entries of one subject, delivered one after the other.

    `begun` is where the subject waited before, if it did; `head` is where it waits now. `again` is the
    position of a dead letter that somebody wanted to be tried again, alone. `gone` says why the destination
    wants nothing more, `rest` until when it wants to be left alone.
    """

    kind: Kind
    name: str
    begun: int | None = None
    delivered: int = 0
    head: Waiting | None = None
    dead: tuple[DeadLetter, ...] = ()
    again: int | None = None
    rest: datetime | None = None
    gone: str | None = None


@frozen(kw_only=True)
class Folded:
    """The state behind a batch; the letters that died in it, and why it was disabled in it, if it was."""

    state: DestinationState
    died: tuple[DeadLetter, ...] = ()
    disabled: str | None = field(default=None)


def folded(state: DestinationState, ends: Iterable[Ended], *, cursor: int) -> Folded:
    """Return *state* after a batch that looked at everything up to *cursor*.

    What somebody moved meanwhile (a subject that waits elsewhere now, a dead letter that is gone) stays as
    that somebody left it.
    """
    was_disabled, died = state.disabled, list[DeadLetter]()
    for end in ends:
        if end.again is None and _at(state, end) != end.begun:
            continue
        if end.again is not None and all(each.position != end.again for each in state.dead):
            continue
        died += end.dead if end.again is None else ()
        state = _with(state, end)
    state = evolve(state, cursor=cursor)
    if state.disabled is None and len(state.dead) >= MOST_DEAD:
        state = evolve(state, disabled=f"{len(state.dead)} dead letters wait to be retried or discarded")
    disabled = state.disabled if was_disabled is None else None
    return Folded(state=state, died=tuple(died), disabled=disabled)


def _at(state: DestinationState, end: Ended) -> int | None:
    head = state.head(end.kind, end.name)
    return None if head is None else head.position


def _with(state: DestinationState, end: Ended) -> DestinationState:
    waiting = state.waiting
    if end.again is None:
        others = (each for each in state.waiting if each.subject != (end.kind, end.name))
        waiting = (*others, *(() if end.head is None else (end.head,)))
    dead = (each for each in state.dead if each.position != end.again)
    return evolve(
        state,
        delivered=state.delivered + end.delivered,
        waiting=waiting,
        dead=tuple(sorted((*dead, *end.dead), key=lambda each: each.position)),
        rests_until=_later(state.rests_until, end.rest),
        disabled=state.disabled or end.gone,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
