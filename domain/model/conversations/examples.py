"""Examples that a model is shown: a catalog, which are chosen, and how they stand in the system message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations.answers import Dropped
from jackfield.domain.model.conversations.messages import LONGEST_SYSTEM, refuse_unsayable
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, text

HEADING: Final = "Reference Examples:"
MOST_TRIES: Final = 20
"""Examples that do not fit, after which no more are tried."""
_PART: Final = 0.25
"""The part of the input's tokens that examples may take."""


class Selecting(StrEnum):
    """How examples are chosen: in turn, by chance of the conversation, or by the words of the question."""

    ROTATION = "rotation"
    SAMPLE = "sample"
    LEXICAL = "lexical"


def _sayable(instance: object, attribute: Any, value: str) -> None:
    text(instance, attribute, value)
    refuse_unsayable(value, attribute.name)


def _said(instance: object, attribute: Any, value: str) -> None:
    _sayable(instance, attribute, value)
    if not value.strip():
        raise InvalidInput(
            "it is empty", place=attribute.name, remedy="an example needs an id, an input and an output"
        )


@frozen(kw_only=True)
class Example:
    """A question and the answer that is wanted; `category` is what it is an example of."""

    id: str = field(validator=_said)
    input: str = field(validator=_said, repr=False)
    output: str = field(validator=_said, repr=False)
    category: str = field(default="", validator=_sayable)

    @property
    def block(self) -> str:
        """How it stands among others: `conversations.md`, "Few-shot"."""
        return f"Example Input: {self.input}\nExample Output: {self.output}"


def _examples(examples: Iterable[Example]) -> tuple[Example, ...]:
    return all_of(Example, examples, "examples")


@frozen(cache_hash=True)
class Catalog:
    """The examples of a prompt, each with an id of its own, in the order of the file."""

    examples: tuple[Example, ...] = field(converter=_examples)

    def __attrs_post_init__(self) -> None:
        seen = set[str]()
        for example in self.examples:
            if example.id in seen:
                raise InvalidInput(
                    f"two examples have the id {example.id!r}", place="examples", remedy="rename one"
                )
            seen.add(example.id)

    def of(self, category: str | None) -> tuple[Example, ...]:
        """Return the examples of *category*, or all."""
        return tuple(e for e in self.examples if category is None or e.category == category)


@frozen(kw_only=True)
class Asking:
    """What examples are chosen for: the catalog's, by category, for a question in a conversation.

    `seed` is the same for the same conversation, `turn` counts the questions of the process.
    """

    prompt: str
    question: str = field(repr=False)
    examples: tuple[Example, ...]
    wanted: int
    seed: str
    turn: int


@frozen(kw_only=True)
class Shown:
    """The system message with its examples, which they are, and which were left out and why."""

    system: str = field(repr=False)
    ids: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def rotate(examples: Sequence[Example], *, turn: int) -> Iterator[Example]:
    """Give all examples, beginning with another one each *turn*, so that each comes first equally often."""
    start = turn % len(examples) if examples else 0
    yield from examples[start:]
    yield from examples[:start]


def sample(examples: Sequence[Example], *, seed: str) -> Iterator[Example]:
    """Give all examples in an order by chance, the same for the same *seed* on any machine."""
    begun = f"{seed}\0".encode(errors="surrogatepass")
    yield from sorted(examples, key=lambda e: (sha256(begun + e.id.encode()).digest(), e.id))


def show(
    system: str,
    chosen: Iterable[Example],
    *,
    wanted: int,
    tokens: int,
    count: Callable[[str], TokenCount],
    whole: int | None = None,
) -> Shown:
    """Put the first *wanted* of *chosen* that fit below *system*: within a quarter of *tokens*, in *whole*
    tokens with it (None: any), and in 4,096 characters with it.

    One that does not fit is left out, and said; a shorter one behind it may still fit.
    """
    room, taken, dropped = int(tokens * _PART), list[Example](), list[Dropped]()
    for example in chosen:
        if len(taken) == wanted or len(dropped) == MOST_TRIES:
            break
        block = _block([*taken, example])
        reason = _excess(system, block, room=room, whole=whole, count=count)
        if reason is None:
            taken.append(example)
            continue
        dropped.append(
            Dropped(
                kind="example",
                place=example.id,
                messages=0,
                tokens=count(example.block).tokens,
                reason=reason,
            )
        )
    ids = tuple(example.id for example in taken)
    return Shown(system=system + _block(taken) if taken else system, ids=ids, dropped=tuple(dropped))


def _excess(
    system: str, block: str, *, room: int, whole: int | None, count: Callable[[str], TokenCount]
) -> str | None:
    """Say why *block* does not fit below *system*; None if it does."""
    need, length = count(block).tokens, len(system) + len(block)
    if need > room:
        return f"the examples would take {need} tokens of {room}"
    if length > LONGEST_SYSTEM:
        return f"the system message would have {length} of {LONGEST_SYSTEM} characters"
    if whole is not None and (all_ := count(system + block).tokens) > whole:
        return f"the system message would take {all_} tokens of {whole} that the user's leaves"
    return None


def _block(examples: Sequence[Example]) -> str:
    blocks = "\n\n---\n\n".join(example.block for example in examples)
    return f"\n\n{HEADING}\n{blocks}"
