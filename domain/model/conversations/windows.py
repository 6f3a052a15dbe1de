"""What of a conversation fits a model's context window: `conversations.md`, "Context window".

The system message and the newest user turn always stay. Between them history is kept newest first, by whole
turn groups: a user's message with everything up to the next one. The output's reserve is not part of the
input's budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations.answers import Dropped
from jackfield.domain.model.conversations.messages import (
    LARGEST_WINDOW,
    LONGEST_SYSTEM,
    Budget,
    Message,
    Role,
    refuse_unsayable,
)
from jackfield.domain.model.errors import BudgetExceeded, InvalidInput
from jackfield.domain.model.fields import all_of, expect

Count: TypeAlias = Callable[[str], TokenCount]

_REMEDY: Final = "shorten it, or allow more tokens"


@frozen(kw_only=True)
class Fitted:
    """What is sent, what was left out and why, and the tokens of what is sent, of those allowed."""

    messages: tuple[Message, ...]
    dropped: tuple[Dropped, ...]
    tokens: int
    limit: int
    exact: bool


@frozen
class _Group:
    """Turns that belong together: the place of the first in the history, the messages, their tokens."""

    place: int
    messages: tuple[Message, ...]
    tokens: int
    exact: bool


def allowance(budget: Budget) -> int:
    """Return how many tokens may be sent; raise `InvalidInput` for a budget that cannot be."""
    for name, number in (("output", budget.output), ("window", budget.window)):
        if not 1 <= number <= LARGEST_WINDOW:
            raise InvalidInput(
                f"{number} is not 1 to {LARGEST_WINDOW}", place=f"budget.{name}", remedy="mend it"
            )
    room = budget.window - budget.output
    if room < 1:
        raise InvalidInput(
            f"{budget.output} tokens for the answer leave none of a window of {budget.window}",
            place="budget",
            remedy="ask for a shorter answer, or give a larger window",
        )
    given = room if budget.input is None else budget.input
    for name, number, least in (("input", given, 1), ("overhead", budget.overhead, 0)):
        if number < least:
            raise InvalidInput(f"{number} is below {least}", place=f"budget.{name}", remedy="mend it")
    return min(room, given)


def fit(system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count) -> Fitted:
    """Return the messages to send: *system*, what fits of *history*, and *user*.

    What is kept is within the budget, and the next older group would not be. Raises `BudgetExceeded` if the
    system and user messages alone do not fit, or the system's is over 4,096 characters; `InvalidInput` for
    an empty one of them, a history with a system message in it, or a budget that cannot be.
    """
    limit = allowance(budget)
    pinned = _pinned(system, user)
    one, other = (_group(0, (message,), budget.overhead, count) for message in pinned)
    left = limit - one.tokens - other.tokens
    if left < 0:
        raise BudgetExceeded(
            f"the system message ({one.tokens} tokens) and the user's ({other.tokens}) take"
            f" {one.tokens + other.tokens} of {limit} tokens",
            place="conversation",
            remedy=_REMEDY,
        )
    groups = [_group(place, group, budget.overhead, count) for place, group in _groups(history)]
    kept = _newest(groups, left)
    staying = groups[len(groups) - kept :]
    inner = tuple(message for group in staying for message in group.messages)
    everything = (one, *staying, other)
    return Fitted(
        messages=(pinned[0], *inner, pinned[1]),
        dropped=_dropped(groups[: len(groups) - kept], left - sum(group.tokens for group in staying)),
        tokens=sum(group.tokens for group in everything),
        limit=limit,
        exact=all(group.exact for group in everything),
    )


def _pinned(system: str, user: str) -> tuple[Message, Message]:
    for place, said in (("system", system), ("user", user)):
        expect(str, said, place, "give a text")
        if not said.strip():
            raise InvalidInput("it is empty", place=place, remedy="say something")
        refuse_unsayable(said, place)
    if len(system) > LONGEST_SYSTEM:
        raise BudgetExceeded(
            f"it has {len(system)} of the {LONGEST_SYSTEM} characters that the platform takes",
            place="system",
            remedy="shorten the prompt or its values",
        )
    return Message(Role.SYSTEM, system), Message(Role.USER, user)


def _groups(history: Sequence[Message]) -> Iterator[tuple[int, tuple[Message, ...]]]:
    """Cut before each message of the user; what the assistant said before the first is a group of its own."""
    turns = all_of(Message, history, "history")
    starts = [i for i, turn in enumerate(turns) if i == 0 or turn.role is Role.USER]
    for start, end in pairwise([*starts, len(turns)]):
        group = turns[start:end]
        if any(turn.role is Role.SYSTEM for turn in group):
            raise InvalidInput(
                "it holds a system message", place="history", remedy="leave it out; the prompt says it"
            )
        yield start, group


def _group(place: int, messages: tuple[Message, ...], overhead: int, count: Count) -> _Group:
    counts = [count(message.content) for message in messages]
    tokens = sum(each.tokens for each in counts) + overhead * len(messages)
    return _Group(place, messages, tokens, all(each.exact for each in counts))


def _newest(groups: Sequence[_Group], room: int) -> int:
    """Return how many groups fit, from the newest on, without leaving one out."""
    return sum(taken <= room for taken in accumulate(group.tokens for group in reversed(groups)))


def _dropped(groups: Sequence[_Group], room: int) -> tuple[Dropped, ...]:
    """Say of each group why it is left out: the newest of them did not fit, the others are older."""
    return tuple(
        Dropped(
            kind="history",
            place=str(group.place),
            messages=len(group.messages),
            tokens=group.tokens,
            reason=f"it takes {group.tokens} tokens of {room} that are left"
            if group is groups[-1]
            else "older than what did not fit",
        )
        for group in groups
    )
