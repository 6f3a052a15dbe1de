"""What simulated assistants say: by script, by the nearest example, else a support agent's commonplaces."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Final

from attrs import field, frozen

from jackfield.adapters.simulator.platform.fresh import ASSISTANTS
from jackfield.domain.model.errors import InvalidInput

_WORD: Final = re.compile(r"\w+")
_COMMONPLACES: Final = (
    "Thank you for reaching out. I have looked into this for you, and I can see what happened. "
    "I have made a note on your account; you will get a confirmation by email within the hour.",
    "I am sorry about that. Could you please tell me your order number and the email address on your "
    "account? I will then check the status and come back to you at once.",
    "I understand, and I am happy to help. The refund takes three to five business days from the day on "
    "which we receive the item. Is there anything else that I can do for you?",
    "Of course. Please open the settings, choose your plan, and confirm the change there. It takes effect "
    "with the next bill, and nothing is charged before that.",
    "Let me check that with the team that is in charge. I have passed on all the details, so you do not have "
    "to tell them again. They will contact you today.",
)


def _forward(instance: Pace, _attribute: object, _value: object) -> None:
    if not timedelta() <= instance.shortest <= instance.longest or instance.first < timedelta():
        raise InvalidInput(
            "its times are from 0 on, and the shortest is at most the longest",
            place="pace",
            remedy="mend them",
        )


@frozen(kw_only=True)
class Pace:
    """How quickly an answer comes: its first piece, and the time between two, which chance draws."""

    first: timedelta = timedelta(milliseconds=300)
    shortest: timedelta = timedelta(milliseconds=20)
    longest: timedelta = field(default=timedelta(milliseconds=60), validator=_forward)


AT_ONCE: Final = Pace(first=timedelta(), shortest=timedelta(), longest=timedelta())
"""Every piece is there with the answer to the POST."""


@frozen(kw_only=True)
class Scripted:
    """One answer of a script: to the customer's newest message `asked`, in which `*` stands for anything.

    `safety` marks it as touched by the safety policy; `error` is the code of an error event that ends it
    behind its text.
    """

    text: str
    asked: str = "*"
    safety: bool = False
    error: str | None = None

    def meets(self, message: str) -> bool:
        """Say whether this is the answer to *message*."""
        pattern = ".*".join(re.escape(part) for part in self.asked.split("*"))
        return re.fullmatch(pattern, message, re.DOTALL) is not None


class _Examples:
    """Pairs of question and answer; the nearest question by its words is answered."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._answers = tuple(said for _, said in pairs)
        self._asked = tuple(_words(asked) for asked, _ in pairs)
        self._where: dict[str, list[int]] = {}
        for at, words in enumerate(self._asked):
            for word in words:
                self._where.setdefault(word, []).append(at)

    def nearest(self, message: str) -> str | None:
        """Return the answer whose question shares the largest part of its words; None if none shares any."""
        asked = _words(message)
        shared = Counter(at for word in asked for at in self._where.get(word, ()))
        if not shared:
            return None
        best = max(shared, key=lambda at: (shared[at] / len(asked | self._asked[at]), -at))
        return self._answers[best]


def _scripts(given: Iterable[Scripted]) -> tuple[Scripted, ...]:
    return tuple(given)


def _pairs(given: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((asked, said) for asked, said in given)


@frozen(kw_only=True)
class Assistant:
    """How an assistant answers: the first script that meets, else the nearest example, else a commonplace.

    `examples` are pairs of what a customer said and what the agent answered.
    """

    scripts: tuple[Scripted, ...] = field(default=(), converter=_scripts)
    examples: tuple[tuple[str, str], ...] = field(default=(), converter=_pairs)
    pace: Pace = Pace()

    def answer(self, message: str, chance: float) -> Scripted:
        """Return what it says to the customer's newest message; *chance* of [0, 1) chooses a commonplace."""
        script = next((each for each in self.scripts if each.meets(message)), None)
        if script is not None:
            return script
        said = self._examples.nearest(message)
        return Scripted(text=_COMMONPLACES[int(chance * len(_COMMONPLACES))] if said is None else said)

    @cached_property
    def _examples(self) -> _Examples:
        return _Examples(self.examples)


class Repertoire:
    """The assistants of a platform: those of a fresh one, and those that were given."""

    def __init__(self, given: Mapping[str, Assistant]) -> None:
        self._fresh = {**dict.fromkeys(ASSISTANTS, Assistant()), **given}
        self._held = dict(self._fresh)

    def __getitem__(self, assistant: str) -> Assistant:
        return self._held[assistant]

    def __contains__(self, assistant: str) -> bool:
        return assistant in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._held))

    def put(self, assistant: str, how: Assistant) -> None:
        """Let the assistant answer so from its next conversation on; one that is unknown is known then."""
        self._held = {**self._held, assistant: how}

    def clear(self) -> None:
        """Let them answer as at the start."""
        self._held = dict(self._fresh)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
