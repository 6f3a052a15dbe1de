"""The `[sessions]` table: the bots of a team, when they give up, and who hears that a session is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import isfinite
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.clarifying import AFFIRMATIONS, REPHRASINGS
from jackfield.domain.model.sessions.handoff import LAST_TURNS, MESSAGES
from jackfield.domain.model.sessions.lifetimes import Lifetimes
from jackfield.domain.model.sessions.routing import Routing, Rule
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.domain.model.signatures import key_of
from jackfield.entrypoints.settings.values import SessionTable

PLATFORM: Final = "platform"
"""The understanding that the platform itself offers."""
_SIMULATED_QUEUE: Final = "human-support-queue"
_YEAR_S: Final = 366 * 86_400.0
_LONGEST_S: Final = 600.0


def _seconds(least: float, most: float) -> Any:
    def check(_instance: object, attribute: Any, value: float) -> None:
        if not isfinite(value) or not least <= value <= most:
            raise InvalidInput(f"{attribute.name} is {least:g} to {most:g}, not {value:g}")

    return check


def _turns(_instance: object, attribute: Any, value: int) -> None:
    if not 0 <= value <= LAST_TURNS:
        raise InvalidInput(f"{attribute.name} is 0 to {LAST_TURNS}, not {value}")


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
    idle_s: float = field(default=900.0, validator=_seconds(1.0, _YEAR_S))
    total_s: float = field(default=14_400.0, validator=_seconds(1.0, _YEAR_S))
    words: Words = field(factory=Words)


@frozen(kw_only=True)
class OwnNotices:
    """`[sessions.notices]`: where the platform tells of ends, and by which secrets it signs."""

    url: str | None = field(default=None, repr=False)
    secret_env: str | None = None
    previous_secret_env: str | None = None


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
class Notices:
    """Where the platform tells of ends; `secrets` are the current one and the one before."""

    url: Secret | None = None
    secrets: tuple[Secret, ...] = ()


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

    def bot(self, name: str) -> Bot:
        """Return the bot of that name, else one with that id and nothing of its own.

        Raises `InvalidInput` where nothing says which queue takes over: a customer would be left alone.
        """
        own = self.own.bots.get(name, OwnBot())
        queue = own.queue or self.queue
        if queue is None:
            raise InvalidInput(
                f"nothing says which queue takes over from the bot {name[:80]!r}",
                place=f"{self.source}, sessions.queue",
                remedy=f"set it, or sessions.bots.{name[:80]}.queue",
            )
        return Bot(
            name=name,
            id=self.ids.get(name, own.id or name),
            title=own.title,
            limit=own.limit,
            routing=Routing(default=queue, rules=own.routes),
            thresholds=own.thresholds,
            lifetimes=Lifetimes(idle=timedelta(seconds=own.idle_s), total=timedelta(seconds=own.total_s)),
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
        notices=_notices(own.notices, said.environ, said.source),
        source=said.source,
    )
    for name in own.bots:
        if rules.queue is not None or own.bots[name].queue is not None:
            _refused(rules, name)
    return rules


def _refused(rules: SessionRules, name: str) -> None:
    """Name the bot whose table does not fit."""
    try:
        rules.bot(name)
    except InvalidInput as error:
        error.place = f"{rules.source}, sessions.bots.{name[:80]}.{error.place}"
        raise


def _notices(own: OwnNotices, environ: Mapping[str, str], source: str) -> Notices:
    secrets = tuple(_secrets(own, environ, source))
    if own.url is not None and not secrets:
        raise InvalidInput(
            "notices without a secret could be anybody's",
            place=f"{source}, sessions.notices",
            remedy='add secret_env = "NAME" there, and set that variable',
        )
    return Notices(url=None if own.url is None else Secret(own.url), secrets=secrets)


def _secrets(own: OwnNotices, environ: Mapping[str, str], source: str) -> Iterable[Secret]:
    for key in ("secret_env", "previous_secret_env"):
        variable = getattr(own, key)
        if variable is None:
            continue
        secret = Secret(environ.get(variable, ""))
        try:
            key_of(secret)
        except InvalidInput as error:
            raise InvalidInput(
                "it does not name an environment variable with a secret of webhooks",
                place=f"{source}, sessions.notices.{key}",
                remedy="set that variable",
            ) from error
        yield secret
