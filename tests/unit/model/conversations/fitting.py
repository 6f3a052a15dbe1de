"""What must be true of everything that was fitted into a window, looked at without the code that fits."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from attrs import frozen

from jackfield.domain.model.conversations.messages import Budget, Message, Role
from jackfield.domain.model.conversations.windows import Count, Fitted, fit
from jackfield.domain.model.errors import BudgetExceeded


@frozen(kw_only=True)
class Conversation:
    """What is to be fitted."""

    system: str
    history: tuple[Message, ...]
    user: str
    budget: Budget

    @property
    def pinned(self) -> tuple[Message, Message]:
        """What must stay, whatever else does."""
        return Message(Role.SYSTEM, self.system), Message(Role.USER, self.user)

    @property
    def limit(self) -> int:
        """The window without the answer, or less if less is allowed."""
        room = self.budget.window - self.budget.output
        return room if self.budget.input is None else min(room, self.budget.input)

    @property
    def starts(self) -> list[int]:
        """Where groups begin, and where the history ends."""
        users = [n for n, each in enumerate(self.history) if each.role is Role.USER]
        return sorted({0, *users, len(self.history)})

    def tokens(self, messages: Sequence[Message], count: Count) -> int:
        """Count the contents, and the overhead of each message."""
        return sum(count(each.content).tokens + self.budget.overhead for each in messages)


class Fit(Protocol):
    """`windows.fit`, or a control that does it wrongly."""

    def __call__(
        self, system: str, history: Sequence[Message], user: str, *, budget: Budget, count: Count
    ) -> Fitted:
        """Return what is sent."""
        ...


def faults(conversation: Conversation, count: Count, using: Fit = fit) -> Iterator[str]:
    """Fit it, and say what is not as it must be."""
    alone = conversation.tokens(conversation.pinned, count)
    try:
        fitted = using(
            conversation.system,
            conversation.history,
            conversation.user,
            budget=conversation.budget,
            count=count,
        )
    except BudgetExceeded:
        if alone <= conversation.limit:
            yield "it was refused, and would have fitted"
        return
    if alone > conversation.limit:
        yield "it does not fit, and was not refused"
    yield from _faults(conversation, fitted, count)


def _faults(conversation: Conversation, fitted: Fitted, count: Count) -> Iterator[str]:
    start = len(conversation.history) - (len(fitted.messages) - 2)
    first, last = conversation.pinned
    if fitted.messages != (first, *conversation.history[max(start, 0) :], last):
        yield "it is not the system message, the end of the history and the user's"
        return
    if start not in conversation.starts:
        yield "a turn is torn"
        return
    yield from _count_faults(conversation, fitted, count, start)
    yield from _dropped_faults(conversation, fitted, count, start)


def _count_faults(conversation: Conversation, fitted: Fitted, count: Count, start: int) -> Iterator[str]:
    tokens = conversation.tokens(fitted.messages, count)
    if (fitted.tokens, fitted.limit) != (tokens, conversation.limit):
        yield "it is counted wrongly"
    if tokens > conversation.limit:
        yield "it is over the budget"
    older = [n for n in conversation.starts if n < start]
    if older:
        group = conversation.history[older[-1] : start]
        if tokens + conversation.tokens(group, count) <= conversation.limit:
            yield "the next older turn would have fitted"
    if fitted.exact != all(count(each.content).exact for each in fitted.messages):
        yield "it is not said rightly whether that is exact"


def _dropped_faults(conversation: Conversation, fitted: Fitted, count: Count, start: int) -> Iterator[str]:
    ends = [n for n in conversation.starts if n <= start]
    groups = [(n, conversation.history[n:end]) for n, end in pairwise(ends)]
    said = [(each.kind, each.place, each.messages, each.tokens) for each in fitted.dropped]
    if said != [("history", str(n), len(g), conversation.tokens(g, count)) for n, g in groups]:
        yield "what was dropped is not listed, each turn once"
    if not all(each.reason for each in fitted.dropped):
        yield "a reason is missing"


def generated(source: random.Random, say: Callable[[random.Random], str]) -> Conversation:
    """Return a conversation by chance: any order of roles, empty messages, tight and wide budgets."""
    roles = (Role.USER, Role.ASSISTANT)
    history = tuple(Message(source.choice(roles), say(source)) for _ in range(source.randrange(30)))
    window = source.randrange(2, 32_001) if source.random() < 0.2 else source.randrange(2, 600)
    return Conversation(
        system=f"s{say(source)}",
        history=history,
        user=f"u{say(source)}",
        budget=Budget(
            output=source.randrange(1, max(2, window // 3)),
            input=source.choice([None, source.randrange(1, 500)]),
            window=window,
            overhead=source.choice([0, 3, 7]),
        ),
    )


def words(source: random.Random) -> str:
    """Say something of up to 25 words, in one alphabet or another, or nothing."""
    alphabet = source.choice(["the and thing ab", "où est ça größe", "注文 配送 返金", "🙂 👍🏽 ok"]).split()
    return " ".join(source.choice(alphabet) for _ in range(source.choice([0, 1, 5, 25])))
