"""The act of the window: a conversation that is too long for it, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator.platform.templates import tokens
from jackfield.domain.model.conversations.answers import Answer, End
from jackfield.domain.model.conversations.messages import Budget, Message
from jackfield.entrypoints.core import Acting
from jackfield.entrypoints.demo.helpline import Helpline
from jackfield.entrypoints.demo.stage import Stage
from jackfield.entrypoints.demo.talks import ASSISTANT, LAST, LAST_ANSWER, SECOND, long_talk

_BUDGET: Final = Budget(window=600, output=100)
_ROOM: Final = _BUDGET.window - _BUDGET.output


def tell(stage: Stage, helpline: Helpline, mina: Acting, clock: FrozenClock) -> Answer:
    """Ask with a long history, and return the answer."""
    history = tuple(long_talk())
    stage.act(
        f"Another customer has written for an hour: {len(history)} messages, and the window is"
        f" {_BUDGET.window} tokens, {_BUDGET.output} of them for the answer"
    )
    clock.advance(timedelta(hours=1))
    with mina.assistants.ask(
        ASSISTANT, SECOND, values={}, user=LAST, history=history, budget=_BUDGET
    ) as reply:
        stage.say(f"customer    {LAST}")
        stage.stream("assistant   ", reply)
        answer = reply.answer
    stage.say(["", *_account(helpline.sent[-1], answer)])
    for that, holds in _claims(helpline.sent[-1], history, answer):
        stage.insist(that, holds=holds)
    return answer


def _account(sent: Sequence[Mapping[str, str]], answer: Answer) -> Iterator[str]:
    for each in answer.dropped:
        first = int(each.place) + 1
        last = first + each.messages - 1
        yield f"left out    messages {first} to {last}, {each.tokens:>3} tokens: {each.reason}"
    yield (
        f"sent        the system message, the newest {len(sent) - 2} messages and the question:"
        f" {answer.spent.prompt_tokens} of {_ROOM} tokens, as the platform counts"
    )


def _claims(
    sent: Sequence[Mapping[str, str]], history: Sequence[Message], answer: Answer
) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    left_out = sum(each.messages for each in answer.dropped)
    kept = [(each.role.value, each.content) for each in history[left_out:]]
    got = [(each["role"], each["content"]) for each in sent]
    yield "the answer came out whole", (answer.end, answer.text) == (End.COMPLETE, LAST_ANSWER)
    yield "something was left out, and something was kept", 0 < left_out < len(history)
    places = [int(each.place) for each in answer.dropped]
    yield "each group is left out once, from the oldest on", places == _starts(answer)
    system = ("system", SECOND.render({}).system)
    yield (
        "the platform got the system message, the newest turns and the question",
        got == [system, *kept, ("user", LAST)],
    )
    yield "what was sent fits the window", sum(tokens(content) for _, content in got) <= _ROOM


def _starts(answer: Answer) -> list[int]:
    """Return where each group begins if the one before it ends there."""
    sizes = [each.messages for each in answer.dropped]
    return [sum(sizes[:number]) for number in range(len(sizes))]
