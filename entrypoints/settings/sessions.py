"""The `[sessions]` table: the bots of a team, when they give up, and who hears that a session is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.clarifying import AFFIRMATIONS, REPHRASINGS
from jackfield.domain.model.sessions.handoff import LAST_TURNS, MESSAGES
from jackfield.domain.model.sessions.lifetimes import Lifetimes
from jackfield.domain.model.sessions.routing import Routing, Rule
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.entrypoints.settings.session_notices import Notices, OwnNotices, notices_of
from jackfield.entrypoints.settings.values import SessionTable

PLATFORM: Final = "platform"
"""The understanding that the platform itself offers."""
_SIMULATED_QUEUE: Final = "human-support-queue"
_YEAR_S: Final = 366 * 86_400.0
_LONGEST_S: Final = 600.0
_IDLE_S: Final = 900.0
_LONGEST_NAME: Final = 200


def _seconds(least: float, most: float) -> Any:
    def check(_instance: object, attribute: Any, value: float) -> None:
        if not isfinite(value) or not least <= value <= most:
            raise InvalidInput(f"{attribute.name} must be {least:,.9g} to {most:,.9g}, not {value:g}")

    return check


def _idle(instance: object, attribute: Any, value: float | None) -> None:
    if value is not None:
        _seconds(1.0, _YEAR_S)(instance, attribute, value)


def _turns(_instance: object, attribute: Any, value: int) -> None:
    if not 0 <= value <= LAST_TURNS:
        raise InvalidInput(f"{attribute.name} must be 0 to {LAST_TURNS}, not {value}")


def _named(_instance: object, attribute: Any, value: str | None) -> None:
    if value is not None and not value.strip():
        raise InvalidInput(f"{attribute.name} is empty")


@frozen(kw_only=True)
class Words:
    """What a bot says by itself, by language; what is left out stays as it is."""

    messages: Mapping[str, str] = field(factory=dict[str, str])
    affirmations: Mapping[str, str] = field(factory=dict[str, str])
    rephrasings: Mapping[str, str] = field(factory=dict[str, str])


@frozen(kw_only=True)
class OwnBot:
    """One `[sessions.bots.NAME]`; `_s` are seconds."""

    id: str | None = field(default=None, validator=_named)
    title: str | None = None
    limit: int | None = None
    queue: str | None = field(default=None, validator=_named)
    routes: tuple[Rule, ...] = ()
    thresholds: Thresholds = field(factory=Thresholds)
    idle_s: float | None = field(default=None, validator=_idle)
    total_s: float = field(default=14_400.0, validator=_seconds(1.0, _YEAR_S))
    words: Words = field(factory=Words)

    @property
    def lifetimes(self) -> Lifetimes:
        """When a session of it ends by itself; who says nothing of idling wants no more than the whole."""
        idle_s = min(_IDLE_S, self.total_s) if self.idle_s is None else self.idle_s
        return Lifetimes(idle=timedelta(seconds=idle_s), total=timedelta(seconds=self.total_s))


@frozen(kw_only=True)
class OwnSessions:
    """A whole `[sessions]` table."""

    queue: str | None = field(default=None, validator=_named)
    understanding: str = field(default=PLATFORM, validator=_named)
    keep_turns: int = field(default=LAST_TURNS, validator=_turns)
    deadline_s: float = field(default=20.0, validator=_seconds(0.1, _LONGEST_S))
    notices: OwnNotices = field(factory=OwnNotices)
    bots: Mapping[str, OwnBot] = field(factory=dict[str, OwnBot])


@frozen(kw_only=True)
class SessionRules:
    """How sessions are led. `queue` takes what no bot's own queue does, None if there is none.

    `ids` are the target's own ids of bots, by name. `deadline` bounds a call of a person's turn.
    """

    own: OwnSessions = field(factory=OwnSessions)
    ids: Mapping[str, str] = field(factory=dict[str, str])
    queue: str | None = None
    notices: Notices = field(factory=Notices)
    source: str = "default"

    @property
    def deadline(self) -> timedelta:
        """How long a turn, or another call of a session, may take."""
        return timedelta(seconds=self.own.deadline_s)

    @property
    def names(self) -> tuple[str, ...]:
        """The bots that the settings name."""
        return tuple(sorted({*self.own.bots, *self.ids}))

    def id_of(self, name: str) -> str:
        """Return the platform's id of the bot of that name."""
        return self.ids.get(name, self.own.bots.get(name, OwnBot()).id or name)

    def limit_of(self, identifier: str) -> int | None:
        """Return the limit of the bot of that id on the platform, under whatever name the settings say it."""
        named = (own.limit for name, own in self.own.bots.items() if self.id_of(name) == identifier)
        return next((limit for limit in named if limit is not None), None)

    def bot(self, name: str) -> Bot:
        """Return the bot of that name, else one with that id and nothing of its own but the limit of that id.

        Raises `InvalidInput` where nothing says which queue takes over: a customer would be left alone.
        """
        own, identifier = self.own.bots.get(name, OwnBot()), self.id_of(name)
        queue = own.queue or self.queue
        if queue is None:
            raise InvalidInput(
                f"nothing says which queue takes over from the bot {name[:80]!r}",
                place=f"{self.source}, sessions.queue",
                remedy=f"set it, or sessions.bots.{name[:80]}.queue",
            )
        return Bot(
            name=name,
            id=identifier,
            title=own.title,
            limit=self.limit_of(identifier),
            routing=Routing(default=queue, rules=own.routes),
            thresholds=own.thresholds,
            lifetimes=own.lifetimes,
            messages={**MESSAGES, **own.words.messages},
            affirmations={**AFFIRMATIONS, **own.words.affirmations},
            rephrasings={**REPHRASINGS, **own.words.rephrasings},
        )


def session_rules(said: SessionTable) -> SessionRules:
    """Return the rules of a target; raise `InvalidInput` for a table, bots or secrets that do not fit."""
    own = decode(dict(said.table), OwnSessions, place=f"{said.source}, sessions")
    rules = SessionRules(
        own=own,
        ids=said.ids,
        queue=own.queue or (_SIMULATED_QUEUE if said.simulated else None),
        notices=notices_of(own.notices, said.environ, said.source),
        source=said.source,
    )
    _refuse_contradictions(rules)
    for name in own.bots:
        if rules.queue is not None or own.bots[name].queue is not None:
            _refused(rules, name)
    return rules


def _refuse_contradictions(rules: SessionRules) -> None:
    """Refuse what each alone could be, and what can only be meant otherwise together."""
    for name in rules.names:
        if not name or name != name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise _wrong(rules, name, "the bot's name must be 1 to 200 printable characters", "rename it")
    if rules.own.bots:
        for name in sorted({*rules.ids} - {*rules.own.bots}):
            message = f"the target's bots name {name[:80]!r}, of which there is no [sessions.bots] table"
            raise _wrong(rules, name, message, "add the table, or mend the name in the target's bots")
    for name, own in rules.own.bots.items():
        if own.idle_s is not None and own.idle_s > own.total_s:
            raise _wrong(rules, f"{name}.idle_s", "it is longer than total_s", "shorten it, or leave it out")
    _refuse_twins(rules)


def _refuse_twins(rules: SessionRules) -> None:
    """One bot may be led in two ways, under two names; it has one limit, whichever of them says it."""
    limited = dict[str, tuple[str, int]]()
    for name, own in rules.own.bots.items():
        if own.limit is None:
            continue
        other, limit = limited.setdefault(rules.id_of(name), (name, own.limit))
        if limit != own.limit:
            message = f"it has the id of the bot {other[:80]!r}, and another limit"
            raise _wrong(rules, f"{name}.limit", message, "write the same limit, or give each its own id")


def _wrong(rules: SessionRules, what: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, place=f"{rules.source}, sessions.bots.{what[:100]}", remedy=remedy)


def _refused(rules: SessionRules, name: str) -> None:
    """Name the bot whose table does not fit."""
    try:
        rules.bot(name)
    except InvalidInput as error:
        error.place = f"{rules.source}, sessions.bots.{name[:80]}.{error.place}"
        raise
