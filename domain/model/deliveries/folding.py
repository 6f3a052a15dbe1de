"""What a destination's state becomes when deliveries have ended."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from jackfield.domain.model.deliveries.states import DeadLetter, DestinationState, Waiting
from jackfield.domain.model.subjects import Kind


@frozen(kw_only=True)
class Ended:
    """What came of the entries of one subject, delivered one after the other.

    `begun` is where the subject waited before, if it did; `head` is where it waits now. `again` is the
    position of a dead letter that somebody wanted to be tried again, alone.
    """

    kind: Kind
    name: str
    begun: int | None = None
    delivered: int = 0
    head: Waiting | None = None
    dead: tuple[DeadLetter, ...] = ()
    again: int | None = None


@frozen(kw_only=True)
class Worked:
    """What came of a batch that looked at everything up to `cursor`.

    `rest` is until when the receiver wants to be left alone, `gone` why it wants nothing more.
    """

    cursor: int
    ends: tuple[Ended, ...]
    rest: datetime | None = None
    gone: str | None = None


@frozen(kw_only=True)
class Folded:
    """The state behind a batch; the letters that died in it; why nothing more is heard, if that is new."""

    state: DestinationState
    died: tuple[DeadLetter, ...] = ()
    disabled: str | None = None


def folded(state: DestinationState, worked: Worked) -> Folded:
    """Return *state* after a batch.

    What somebody moved meanwhile (a subject that waits elsewhere now, a dead letter that is gone) stays as
    that somebody left it.
    """
    was_halted, died = state.halted, list[DeadLetter]()
    for end in worked.ends:
        if end.again is None and _at(state, end) != end.begun:
            continue
        if end.again is not None and all(each.position != end.again for each in state.dead):
            continue
        died += end.dead if end.again is None else ()
        state = _with(state, end)
    state = evolve(
        state,
        cursor=worked.cursor,
        rests_until=later(state.rests_until, worked.rest),
        disabled=state.disabled or worked.gone,
    )
    return Folded(state=state, died=tuple(died), disabled=None if was_halted else state.halted)


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
    )


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times; None if there is neither."""
    if one is None or other is None:
        return one or other
    return max(one, other)
