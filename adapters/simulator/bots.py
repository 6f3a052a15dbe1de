"""How a bot is asked to be, as JSON: what is named changes, the rest of it stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

import orjson
from attrs import evolve, field, frozen

from jackfield.adapters.simulator.platform.bots import (
    Closing,
    Outage,
    Roster,
    ScriptedEvaluation,
    SimulatedBot,
)
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

_LONGEST_S: Final = 3.2e8


def _span(_instance: object, attribute: Any, value: float) -> None:
    if not math.isfinite(value) or not 0 <= value <= _LONGEST_S:
        raise InvalidInput(f"it is 0 to {_LONGEST_S:.0f}", place=attribute.name, remedy="mend it")


@frozen(kw_only=True)
class Ending:
    """A `Closing` with its time in seconds."""

    after_seconds: float = field(validator=_span)
    resolution: str | None = "resolved"
    customer: str = "*"

    @property
    def closing(self) -> Closing:
        """What it is for the platform."""
        after = timedelta(seconds=self.after_seconds)
        return Closing(after=after, resolution=self.resolution, customer=self.customer)


@frozen(kw_only=True)
class Wish:
    """How a bot is to be; the fields are those of `SimulatedBot`."""

    bot: str
    title: str = ""
    intents: Mapping[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    limit: int | None = None
    closing: tuple[Ending, ...] = ()
    scripts: tuple[ScriptedEvaluation, ...] = ()
    outage: Outage = Outage.NONE

    def of(self, name: str) -> Any:
        """Return the field as the platform takes it."""
        return tuple(each.closing for each in self.closing) if name == "closing" else getattr(self, name)


@frozen
class Change:
    """What is asked of a bot, and what of it was named."""

    wish: Wish
    named: frozenset[str]

    @property
    def bot(self) -> str:
        """The bot's id."""
        return self.wish.bot

    def onto(self, bot: SimulatedBot | None) -> SimulatedBot:
        """Return the bot, changed; one that is unknown begins with nothing."""
        return evolve(bot or SimulatedBot(), **{name: self.wish.of(name) for name in self.named})


def read(body: bytes) -> Change:
    """Read how a bot is to be; raise `InvalidInput` with every fault."""
    return _change(_document(body), "bot")


def given(body: bytes) -> Mapping[str, SimulatedBot]:
    """Read a list of bots, each as for `read`; those of a fresh platform are changed, others are made."""
    documents = _document(body)
    if not isinstance(documents, list):
        raise InvalidInput("it is no list", place="bots", remedy='write a JSON list: [{"bot": "mine", …}]')
    roster = Roster()
    changes = [_change(each, f"bots[{at}]") for at, each in enumerate(documents)]
    for each in changes:
        roster.put(each.bot, each.onto(roster.get(each.bot)))
    return {each.bot: cast("SimulatedBot", roster.get(each.bot)) for each in changes}


def view(roster: Roster) -> Mapping[str, Mapping[str, Any]]:
    """Return the bots as JSON; of intents how many utterances each has, no text."""
    bots = ((bot, roster.get(bot)) for bot in roster)
    return {bot: _view(how) for bot, how in bots if how is not None}


def _view(bot: SimulatedBot) -> Mapping[str, Any]:
    return {
        "title": bot.title,
        "intents": {intent: len(said) for intent, said in bot.intents.items()},
        "limit": bot.limit,
        "closing": len(bot.closing),
        "scripts": len(bot.scripts),
        "outage": bot.outage,
    }


def _document(body: bytes) -> object:
    try:
        return cast("object", orjson.loads(body))
    except orjson.JSONDecodeError:
        return None


def _change(document: object, place: str) -> Change:
    wish = decode(document, Wish, place=place)
    if not wish.bot.strip():
        raise InvalidInput("it has no id", place=place, remedy='give one: {"bot": "bot-id-123"}')
    change = Change(wish, frozenset(cast("dict[str, Any]", document)) - {"bot"})
    change.onto(None)  # tells now what the platform would not take
    return change
