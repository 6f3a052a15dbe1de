"""Simulated bots: what they understand, how many talk to them, how their conversations end, their outages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from threading import Lock
from typing import Any, Final

import orjson
from attrs import field, frozen
from attrs.validators import optional

from jackfield.adapters.simulator.platform.fresh_bots import BOTS, Line
from jackfield.adapters.simulator.platform.understanding import Lessons, sentiment
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import instance_of, text, whole_number

_SCORE_DIGITS: Final = 4


class Outage(StrEnum):
    """What a bot does not do now: it answers 503."""

    NONE = "none"
    EVALUATION = "evaluation"
    CONVERSATIONS = "conversations"
    ALL = "all"


def _from_zero(instance: object, attribute: Any, value: Any) -> None:
    whole_number(instance, attribute, value)
    if value < 0:
        raise InvalidInput("it is 0 or more", place=attribute.name, remedy="mend it, or give none")


def _later(_instance: object, attribute: Any, value: timedelta) -> None:
    if value < timedelta():
        raise InvalidInput("it is a time from 0 on", place=attribute.name, remedy="mend it")


def _word_or_none(instance: object, attribute: Any, value: Any) -> None:
    if value is None:
        return
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy="write a word")


def _lessons(examples: Mapping[str, Iterable[str]]) -> Lessons:
    return Lessons.of(examples)


def _json(_instance: object, attribute: Any, value: Any) -> None:
    try:
        orjson.dumps(value)
    except TypeError:
        raise InvalidInput("it is no JSON", place=attribute.name, remedy="write a JSON object") from None


@frozen(kw_only=True)
class Closing:
    """How a conversation ends by itself: `after` its start, with that `resolution`.

    `customer` is the id of whom it is with, in which `*` stands for anything. The resolution may be None, or
    a word that the platform does not have.
    """

    after: timedelta = field(validator=_later)
    resolution: str | None = field(default="resolved", validator=_word_or_none)
    customer: str = field(default="*", validator=text)


@frozen(kw_only=True)
class ScriptedEvaluation:
    """What a bot makes of texts that meet `asked`, in which `*` stands for anything.

    `answer` is put over the fields of the answer as it is, however absurd (NaN as null, as JSON has none);
    what it `lacks` is left out.
    """

    asked: str = field(default="*", validator=text)
    answer: Mapping[str, Any] = field(factory=dict[str, Any], validator=_json)
    lacks: tuple[str, ...] = field(default=(), converter=tuple[str, ...])


@frozen(kw_only=True)
class SimulatedBot:
    """A bot: its title, the example utterances of its `intents`, how many conversations it has at a time.

    The first of `scripts` that a text meets changes what is made of it. Of the `closing` ones that meet the
    customer the conversations take one after the other; those that meet none are open until they are closed.
    """

    title: str = field(default="", validator=text)
    intents: Lessons = field(factory=Lessons, converter=_lessons)
    limit: int | None = field(default=None, validator=optional(_from_zero))
    closing: tuple[Closing, ...] = field(default=(), converter=tuple[Closing, ...])
    scripts: tuple[ScriptedEvaluation, ...] = field(default=(), converter=tuple[ScriptedEvaluation, ...])
    outage: Outage = field(default=Outage.NONE, validator=instance_of(Outage))

    @property
    def evaluates(self) -> bool:
        """Whether it answers evaluations now."""
        return self.outage not in {Outage.EVALUATION, Outage.ALL}

    @property
    def converses(self) -> bool:
        """Whether conversations with it can be begun now."""
        return self.outage not in {Outage.CONVERSATIONS, Outage.ALL}

    def ending(self, customer: str, number: int) -> Closing | None:
        """Return how conversation *number* (from 0), which is with *customer*, ends by itself, if it does."""
        meant = [each for each in self.closing if _meets(each.customer, customer)]
        return meant[number % len(meant)] if meant else None

    def evaluate(self, said: str) -> dict[str, Any]:
        """Return what it makes of *said*, as the platform shows it."""
        guess = self.intents.classify(said)
        shown: dict[str, Any] = {
            "intentName": guess.intent,
            "intentConfidence": round(guess.confidence, _SCORE_DIGITS),
            "sentimentScore": round(sentiment(said), _SCORE_DIGITS),
        }
        script = next((each for each in self.scripts if _meets(each.asked, said)), None)
        if script is None:
            return shown
        return {name: each for name, each in {**shown, **script.answer}.items() if name not in script.lacks}


class Roster:
    """The bots of a platform: those of a fresh one, and those that were given; safe for threads."""

    def __init__(self, given: Mapping[str, SimulatedBot] | None = None) -> None:
        self._fresh = {**{bot: _of(line) for bot, line in BOTS.items()}, **(given or {})}
        self._held = dict(self._fresh)
        self._lock = Lock()

    def __contains__(self, bot: str) -> bool:
        return bot in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._held))

    def get(self, bot: str) -> SimulatedBot | None:
        """Return the bot of that id, if there is one."""
        return self._held.get(bot)

    def put(self, bot: str, how: SimulatedBot) -> None:
        """Let the bot be so from the next call on; one that is unknown is known then."""
        with self._lock:
            self._held = {**self._held, bot: how}

    def clear(self) -> None:
        """Let them be as at the start."""
        with self._lock:
            self._held = dict(self._fresh)


def _of(line: Line) -> SimulatedBot:
    return SimulatedBot(title=line.title, intents=line.intents)


def _meets(pattern: str, said: str) -> bool:
    parts: Iterable[str] = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), said, re.DOTALL) is not None
