"""From a prompt's version and a conversation to the messages that are sent: render, select, fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count as counting
from threading import Lock
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from jackfield.domain.model.conversations import lexical
from jackfield.domain.model.conversations.answers import Dropped
from jackfield.domain.model.conversations.examples import (
    Asking,
    Catalog,
    Example,
    Selecting,
    Shown,
    rotate,
    sample,
    show,
)
from jackfield.domain.model.conversations.messages import (
    LONGEST_SYSTEM,
    Message,
    Question,
    refuse_unsayable,
)
from jackfield.domain.model.conversations.windows import Fitted, allowance, fit
from jackfield.domain.model.errors import BudgetExceeded, InvalidInput
from jackfield.domain.services.assistants.values import Examples, Traits, Wanted
from jackfield.ports.conversations import Select, Summarize, unselected, unsummarized
from jackfield.ports.tokens import TokenCounter

_EARLIER: Final = "Earlier in this conversation:"
_INDEXES: Final = 32
"""Catalogs whose index is kept at hand."""

_Of: TypeAlias = tuple[str, str | None]
"""A prompt and a category: what is asked of one turns nothing of another."""


@frozen(kw_only=True)
class Composed:
    """What is sent, and what was left out of it."""

    question: Question
    fitted: Fitted
    examples: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    summarized: bool = False


@frozen(kw_only=True)
class Composer:
    """Composes questions; safe for threads."""

    counter: TokenCounter
    select: Select = unselected
    summarize: Summarize = unsummarized
    traits: Traits = field(factory=Traits)
    _turns: defaultdict[_Of, Iterator[int]] = field(factory=lambda: defaultdict(counting), init=False)
    _indexes: dict[Catalog, lexical.Index] = field(factory=dict[Catalog, lexical.Index], init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def compose(self, wanted: Wanted, *, seed: str) -> Composed:
        """Return what to send. *seed* stands for the conversation where chance chooses examples.

        Raises `InvalidInput` for values, messages or a budget that do not fit, `BudgetExceeded` if the
        system and user messages alone are too long.
        """
        rendered = wanted.definition.render(wanted.values)
        _refuse_unsayable(wanted.values)
        user = self._user(wanted, rendered.user)
        shown = self._shown(wanted, rendered.system, user, seed)
        fitted = self._fitted(wanted, shown.system, user)
        return Composed(
            question=Question(
                assistant=wanted.assistant,
                messages=fitted.messages,
                output=wanted.budget.output,
                temperature=wanted.temperature,
                safety_policy=wanted.safety_policy,
            ),
            fitted=fitted,
            examples=shown.ids,
            dropped=(*shown.dropped, *fitted.dropped),
            summarized=fitted.messages[0].content != shown.system,
        )

    @staticmethod
    def _user(wanted: Wanted, rendered: str | None) -> str:
        if wanted.user is not None and rendered is not None:
            raise InvalidInput(
                "the prompt has a user text of its own", place="user", remedy="give its values, and no text"
            )
        said = rendered if wanted.user is None else wanted.user
        if said is None:
            raise InvalidInput("nothing is asked", place="user", remedy="say what the customer said")
        return said

    def _fitted(self, wanted: Wanted, system: str, user: str) -> Fitted:
        """Fit it; where somebody summarizes what is left out, room for that is made first."""
        budget, count = wanted.budget, self.counter.count
        fitted = fit(system, wanted.history, user, budget=budget, count=count)
        if not fitted.dropped or self.summarize is unsummarized:
            return fitted
        tight = evolve(budget, input=fitted.limit - self.traits.summary_tokens)
        try:
            shorter = fit(system, wanted.history, user, budget=tight, count=count)
            left_out = sum(each.messages for each in shorter.dropped)
            longer = self._summed_up(system, wanted.history[:left_out])
            rest = fit(longer or system, wanted.history[left_out:], user, budget=budget, count=count)
        except (BudgetExceeded, InvalidInput):  # no room for a summary, or one that nobody may say
            return fitted
        return fitted if longer is None else evolve(rest, dropped=(*shorter.dropped, *rest.dropped))

    def _summed_up(self, system: str, messages: tuple[Message, ...]) -> str | None:
        """Return *system* with a summary of *messages*; None if there is none that fits."""
        room = self.traits.summary_tokens
        summary = self.summarize(messages, room)
        if summary is None or not summary.strip():
            return None
        longer = f"{system}\n\n{_EARLIER}\n{summary}"
        more = self.counter.count(longer).tokens - self.counter.count(system).tokens
        return longer if more <= room and len(longer) <= LONGEST_SYSTEM else None

    def _shown(self, wanted: Wanted, system: str, user: str, seed: str) -> Shown:
        if wanted.examples is None:
            return Shown(system=system)
        asking = self._asking(wanted.definition.name, wanted.examples, user, seed)
        tokens, count, overhead = allowance(wanted.budget), self.counter.count, wanted.budget.overhead
        return show(
            system,
            self._chosen(asking, wanted.examples),
            wanted=wanted.examples.count,
            tokens=tokens,
            count=count,
            whole=tokens - count(user).tokens - 2 * overhead,
        )

    def _asking(self, prompt: str, examples: Examples, user: str, seed: str) -> Asking:
        of_category = examples.catalog.of(examples.category)
        if not examples.catalog.examples:
            raise InvalidInput(
                "the catalog is empty", place="examples", remedy="put examples into it, or give none"
            )
        if not of_category:
            raise InvalidInput(
                f"no example is of the category {examples.category!r}",
                place="examples",
                remedy="name a category of the catalog, or none",
            )
        with self._lock:
            turn = next(self._turns[prompt, examples.category])
        return Asking(
            prompt=prompt,
            question=user,
            examples=of_category,
            wanted=examples.count,
            seed=seed,
            turn=turn,
        )

    def _chosen(self, asking: Asking, examples: Examples) -> Iterable[Example]:
        ids = self.select(asking)
        if ids is not None:
            known = {example.id: example for example in asking.examples}
            return [known[id_] for id_ in dict.fromkeys(ids) if id_ in known]
        match examples.selecting:
            case Selecting.ROTATION:
                return rotate(asking.examples, turn=asking.turn)
            case Selecting.SAMPLE:
                return sample(asking.examples, seed=asking.seed)
            case Selecting.LEXICAL:
                return self._index(examples.catalog).best(
                    asking.question, among=asking.examples, wanted=asking.wanted
                )

    def _index(self, catalog: Catalog) -> lexical.Index:
        with self._lock:
            index = self._indexes.get(catalog)
            if index is None:
                if len(self._indexes) >= _INDEXES:
                    self._indexes.clear()
                index = self._indexes[catalog] = lexical.Index.of(catalog.examples)
        return index


def _refuse_unsayable(values: Mapping[str, object]) -> None:
    """Name the value: in the message it would be the prompt's own text that holds it."""
    for name, value in values.items():
        if isinstance(value, str):
            refuse_unsayable(value, f"value {name!r}")
