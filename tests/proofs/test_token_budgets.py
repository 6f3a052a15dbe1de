"""Promise B1, for tokens: what is sent fits its window, and what comes back fits its limit.

Whatever history, examples, summaries and counter: the input with the answer's reserve is within the window,
the pinned messages are there, and the next older turn would not have fitted. However an answer comes in
pieces: where the counter is exact, no text has more tokens than were allowed; where it guesses, none has more
than twice as many by its guess (the platform's own `maxTokens` decides before). None is shorter than it must
be.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Final

from attrs import evolve

from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.events import Chunk, Completed, StreamEvent
from jackfield.domain.model.conversations.examples import Catalog, Example, Selecting
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.errors import BudgetExceeded
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.assistants.composing import Composed, Composer
from jackfield.domain.services.assistants.counting import GUARD, metered
from jackfield.domain.services.assistants.values import Examples, Traits, Wanted
from jackfield.ports.tokens import TokenCounter
from tests.proofs.sizes import sized
from tests.unit.model.conversations.counters import Pairs, all_counters, longest_beginning
from tests.unit.model.conversations.fitting import Conversation, faults, generated, words

CONVERSATIONS: Final = sized(1_000, full=10_000)
QUESTIONS: Final = sized(1_000, full=10_000)
ANSWERS: Final = sized(1_500, full=20_000)
COUNTERS: Final = all_counters()
CATALOG: Final = Catalog(
    tuple(
        Example(id=f"{n}", input=words(source) + " ask", output=words(source) + " answer")
        for n, source in ((n, random.Random(n)) for n in range(40))
    )
)

PROMPT: Final = PromptDefinition(
    name="sample",
    version="1.0.0",
    model="gpt-small",
    max_tokens=512,
    template="{{who}}",
    variables=[Variable(name="who")],
)


def test_whatever_is_fitted_is_within_its_budget_and_no_smaller_than_it_must_be() -> None:
    source, found, dropped = random.Random("windows"), Counter[str](), 0
    for n in range(CONVERSATIONS):
        conversation = generated(source, words)
        found.update(faults(conversation, COUNTERS[n % len(COUNTERS)].count))
        dropped += len(conversation.starts) > 2
    print(f"\nB1: {CONVERSATIONS} conversations, {dropped} of several turns, {found.total()} faults")
    assert found == {}
    assert dropped > CONVERSATIONS // 2


def test_whatever_is_composed_leaves_room_for_the_answer() -> None:
    source, seen = random.Random("questions"), Counter[str]()
    for n in range(QUESTIONS):
        conversation, counter = generated(source, words), COUNTERS[n % len(COUNTERS)]
        composed = _composed(conversation, counter, source)
        if composed is None:
            seen["refused"] += 1
            continue
        assert _is_within(conversation, composed, counter)
        seen.update(_parts(composed))
    print(f"\nB1: {QUESTIONS} questions: {dict(seen)}, none over its window")
    assert min(seen[part] for part in ("refused", "examples", "summary", "dropped")) > QUESTIONS // 50


def _composed(conversation: Conversation, counter: TokenCounter, source: random.Random) -> Composed | None:
    room = source.randrange(5, 80)
    composer = Composer(
        counter=counter,
        traits=Traits(summary_tokens=room),
        summarize=lambda _messages, tokens: "so " * source.randrange(tokens),
    )
    wanted = Wanted(
        assistant="a",
        definition=PROMPT,
        values={"who": conversation.system},
        user=conversation.user,
        history=conversation.history,
        examples=Examples(catalog=CATALOG, selecting=source.choice(list(Selecting)), count=2),
        budget=conversation.budget,
    )
    try:
        return composer.compose(wanted, seed=str(source.random()))
    except BudgetExceeded:  # no example and no summary makes a question too long
        assert conversation.tokens(conversation.pinned, counter.count) > conversation.limit
        return None


def _is_within(conversation: Conversation, composed: Composed, counter: TokenCounter) -> bool:
    messages = composed.question.messages
    tokens = conversation.tokens(messages, counter.count)
    kept = len(messages) - 2
    return (
        tokens == composed.fitted.tokens
        and tokens + composed.question.output <= conversation.budget.window
        and tokens <= conversation.limit
        and messages[0].content.startswith(conversation.system)
        and messages[-1] == conversation.pinned[1]
        and messages[1:-1] == conversation.history[len(conversation.history) - kept :]
        and kept + sum(each.messages for each in composed.dropped) == len(conversation.history)
    )


def _parts(composed: Composed) -> list[str]:
    system = composed.question.messages[0].content
    return [
        *(["examples"] if "Reference Examples:" in system else []),
        *(["summary"] if "Earlier in this conversation:" in system else []),
        *(["dropped"] if any(each.kind == "history" for each in composed.dropped) else []),
    ]


def _pieces(source: random.Random) -> list[str]:
    text = " ".join(words(source) for _ in range(source.randrange(1, 12))) + "abcd" * source.randrange(20)
    pieces = list[str]()
    while text:
        size = source.choice([1, 2, 3, 7, 30])
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def _answered(pieces: list[str], limit: int, counter: TokenCounter, source: random.Random) -> Assembler:
    reply = Assembler(metered(counter, UpperEstimate(), limit), limit + 1)
    events: list[StreamEvent] = [Chunk(n, piece) for n, piece in enumerate(pieces)]
    events += source.choices(events, k=3) if events else []
    for n in range(len(events) - 1):  # out of order by a few places
        other = min(n + source.randrange(4), len(events) - 1)
        events[n], events[other] = events[other], events[n]
    for event in (*events, Completed(len(pieces), None)):
        reply.feed(event)
    return reply


def test_no_answer_has_more_tokens_than_its_limit_nor_fewer_than_it_may() -> None:
    source, ends = random.Random("answers"), Counter[End | None]()
    for n in range(ANSWERS):
        pieces, limit, counter = _pieces(source), source.randrange(1, 160), COUNTERS[n % len(COUNTERS)]
        reply = _answered(pieces, limit, counter, source)
        limit *= 1 if counter.count("").exact else GUARD
        allowed = longest_beginning(pieces, limit, counter)
        whole = "".join(pieces)
        assert counter.count(reply.meter.text).tokens <= limit
        assert reply.meter.text == allowed
        assert reply.end is (End.COMPLETE if allowed == whole else End.BUDGET)
        ends[reply.end] += 1
    print(
        f"\nB1: {ANSWERS} answers, {ends[End.COMPLETE]} whole and {ends[End.BUDGET]} cut, none over its limit"
        f" (of an exact counter; {GUARD} times it for an estimate)"
    )
    assert min(ends[End.COMPLETE], ends[End.BUDGET]) > ANSWERS // 10


def _over(take: Callable[[list[str], int], str]) -> int:
    source = random.Random("control")
    tried = [(_pieces(source), source.randrange(1, 160)) for _ in range(500)]
    return sum(Pairs().count(take(pieces, limit)).tokens > limit for pieces, limit in tried)


def test_a_meter_that_looks_behind_each_piece_is_found() -> None:
    """Tutorial 002 adds up pieces, and stops behind the one that reaches the budget."""

    def tutorials(pieces: list[str], limit: int) -> str:
        taken, tokens = "", 0
        for piece in pieces:
            taken, tokens = taken + piece, tokens + Pairs().count(piece).tokens
            if tokens >= limit:
                break
        return taken

    def ours(pieces: list[str], limit: int) -> str:
        return _answered(pieces, limit, Pairs(), random.Random(0)).meter.text

    found = _over(tutorials), _over(ours)
    print(f"\nB1: control: {found[0]} of 500 over the limit, ours {found[1]}")
    assert found[0] > 0
    assert found[1] == 0


def test_a_window_that_counts_the_answer_in_is_found() -> None:
    """Tutorial 002 takes one number for the window and for the answer: the sum is over the window."""
    source, found = random.Random("control"), 0
    for _ in range(300):
        conversation = generated(source, words)
        wrong = evolve(conversation, budget=evolve(conversation.budget, output=1))
        composed = _composed(wrong, COUNTERS[0], source)
        found += composed is not None and not _is_within(conversation, composed, COUNTERS[0])
    print(f"\nB1: control: {found} of 300 windows found too full")
    assert found > 0
