"""Questions and answers in memory: composing a question, finding examples, putting pieces together."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.events import Chunk, Completed, StreamEvent
from jackfield.domain.model.conversations.examples import Catalog, Example, Selecting
from jackfield.domain.model.conversations.lexical import Index
from jackfield.domain.model.conversations.messages import Budget, Message, Role
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import Assembler
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.assistants.composing import Composer
from jackfield.domain.services.assistants.values import Examples, Wanted

CALLS: Final = sized(500, small=20)
BUILDS: Final = sized(40, small=3)
PIECES: Final = sized(13_000, small=2_000)
ROUNDS: Final = sized(15, small=3)
EXAMPLES: Final = 1_000
TURNS: Final = 200
VOCABULARY: Final = 1_500
TIGHT: Final = Budget(output=1_024, window=8_000)
WIDE: Final = Budget(output=1_024, window=32_000)
COUNTER: Final = UpperEstimate()


def run() -> list[Row]:
    """Return the rows: composing, selecting, assembling."""
    return [*_composing(), *_selecting(), *_assembling()]


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # what is said by a seed, and no secret


def _said(source: random.Random, words: int = 12) -> str:
    """Say words as often as people do: the n-th word is n times as rare as the first."""
    ranks = (int(VOCABULARY ** source.random()) for _ in range(words))
    return " ".join(f"word{rank}" for rank in ranks)


def _examples(source: random.Random) -> tuple[Example, ...]:
    return tuple(
        Example(id=f"{n:04}", input=_said(source), output=_said(source, 25)) for n in range(EXAMPLES)
    )


def _wanted(source: random.Random, selecting: Selecting, budget: Budget) -> Wanted:
    roles = (Role.USER, Role.ASSISTANT)
    return Wanted(
        assistant="a1b2c3d4",
        definition=PromptDefinition(
            name="refund",
            version="1.0.0",
            model="gpt-small",
            max_tokens=1_024,
            template="You help {{customer}} of {{shop}} in a {{tone}} tone.\n" * 5,
            variables=[Variable(name=name) for name in ("customer", "shop", "tone")],
        ),
        values={"customer": "Ada", "shop": "the shop", "tone": "kind"},
        user=_said(source, 15),
        history=tuple(Message(roles[n % 2], _said(source, 20)) for n in range(2 * TURNS)),
        examples=Examples(catalog=Catalog(_examples(source)), selecting=selecting),
        budget=budget,
    )


def _composing() -> list[Row]:
    rows = list[Row]()
    for selecting in Selecting:
        for name, budget in (("8,000", TIGHT), ("32,000", WIDE)):
            taken, dropped = _composed(selecting, budget)
            what = f"render, {selecting.value}, fit {TURNS} turns in {name} ({dropped} dropped)"
            rows.append(Row(what, taken * 1e3, "ms", "<= 3"))
    return rows


def _composed(selecting: Selecting, budget: Budget) -> tuple[float, int]:
    wanted, composer = _wanted(_chance(1), selecting, budget), Composer(counter=COUNTER)
    dropped = len(composer.compose(wanted, seed="warm").dropped)
    return _median(lambda n: composer.compose(wanted, seed=f"conv-{n}"), CALLS), dropped


def _selecting() -> list[Row]:
    source = _chance(2)
    examples = _examples(source)
    index, asked = Index.of(examples), [_said(source, 15) for _ in range(CALLS)]
    query = _median(lambda n: next(index.best(asked[n], among=examples, wanted=2)), CALLS)
    build = _median(lambda _: Index.of(examples), BUILDS)
    return [
        Row(f"the best of {EXAMPLES} examples, by words", query * 1e3, "ms", "<= 0.4"),
        Row(f"index {EXAMPLES} examples", build * 1e3, "ms", "<= 12"),
    ]


def _assembling() -> list[Row]:
    source = _chance(3)
    said = [f" {_said(source, 1)}"[:7] for _ in range(PIECES)]
    in_order: list[StreamEvent] = [
        *(Chunk(n, piece) for n, piece in enumerate(said)),
        Completed(PIECES, None),
    ]
    swapped = [in_order[n ^ 1] for n in range(PIECES)] + in_order[-1:]
    rates = [_rate(events, 32_000) for events in (in_order, swapped)]
    short = said[:450]
    near = _rate([*in_order[: len(short)], Completed(len(short), None)], COUNTER.count("".join(short)).tokens)
    return [
        Row("pieces counted and put together, in order", rates[0], "/s", ">= 50,000"),
        Row("pieces counted and put together, each second one late", rates[1], "/s", ">= 50,000"),
        Row(f"pieces of an answer of {len(short)}, up to its limit", near, "/s", ">= 50,000"),
    ]


def _rate(events: list[StreamEvent], limit: int) -> float:
    """Return how many of *events* a second are taken, by an answer that is not cut."""

    def answer(_: int) -> None:
        reply = Assembler(Meter(limit, COUNTER.count, COUNTER.worst), limit)
        for event in events:
            reply.feed(event)
        assert reply.end is End.COMPLETE, reply.detail

    return len(events) / _median(answer, ROUNDS)


def _median(call: Callable[[int], object], times: int) -> float:
    """Return the seconds that a call takes, of which half take less."""
    return median(_taken(call, n) for n in range(times))


def _taken(call: Callable[[int], object], n: int) -> float:
    begun = perf_counter()
    call(n)
    return perf_counter() - begun


if __name__ == "__main__":
    for row in run():
        print(f"{row.what}: {row.measured:.2f} {row.unit} (reach {row.reach})")
