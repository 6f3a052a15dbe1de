"""Starting sessions, and taking them up again by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import frozen

from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.fields import expect
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.values import Refuse, WhenFull
from jackfield.domain.services.sessions.asked.wanting import Wanted
from jackfield.domain.services.sessions.ending.closing import Closing
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.handing.by_hand import Handing
from jackfield.domain.services.sessions.handing.returning import Returning
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.domain.services.sessions.turning.taking import Turning
from jackfield.ports.end_notices import Registered

_NO_ATTRIBUTES: Final[Mapping[str, object]] = MappingProxyType({})


@frozen(kw_only=True)
class ActingSessions:
    """The sessions of one target, begun and moved by somebody for a reason."""

    actor: Actor
    records: SessionRecords
    starting: Starting
    turning: Turning
    handing: Handing
    returning: Returning
    closing: Closing
    registering: Registering

    if not TYPE_CHECKING:  # a type checker finds that there is no such call by itself

        def __getattr__(self, name: str) -> NoReturn:
            """Say where the others are."""
            raise AttributeError(
                f"sessions that somebody acts on have start and get, not {name!r}; core.sessions may have it",
                name=name,
                obj=self,
            )

    def start(
        self,
        *,
        bot: str,
        customer: str,
        attributes: Mapping[str, object] = _NO_ATTRIBUTES,
        type: str = "chat",  # noqa: A002  # the field's name
        language: str | None = None,
        choices: Iterable[Choice] = (),
        skills: Iterable[str] = (),
        when_full: WhenFull | None = None,
        deadline: timedelta | None = None,
    ) -> ActingSession:
        """Begin a session of *customer* with *bot*, which is named as in the settings; within its limit.

        *choices* are what `core.prompts.choose` returned: their versions are the session's for its life.
        *language* and *skills* find the queue, should people take over. *when_full* says what is done where
        the bot has no place: `Refuse()`, which is usual, `Wait(…)` or `Overflow(…)`; where it overflowed
        `view().standing` says so, and people have it.

        Raises what `Starting.start` does.
        """
        wanted = Wanted(
            bot=bot,
            customer=customer,
            type=type,
            attributes=attributes,
            language=language,
            skills=skills,
            choices=choices,
            when_full=Refuse() if when_full is None else when_full,
            deadline=deadline,
        )
        return self._handle(self.starting.start(wanted, self.actor))

    def get(self, session: str) -> ActingSession:
        """Take up a session by its id, after a restart or on another machine; settle a start that was left.

        Raises `NotFound` for none, and `Conflict` while it is being started. A hand-off or a close that the
        platform may not know of stays so until it is told again, by the same call or by `recover()`.
        """
        expect(str, session, "session", "give the id that start(…).id was")
        return self._handle(self.starting.settle(self.records.load(session)))

    def register_notices(self, url: str | None = None) -> Registered:
        """Have the platform tell of ends, as `Registering.register` says."""
        return self.registering.register(url, self.actor)

    def remove_notices(self, url: str | None = None) -> int:
        """Have it tell no more, and return how many webhooks were removed."""
        return self.registering.remove(url, self.actor)

    def _handle(self, loaded: Loaded) -> ActingSession:
        return ActingSession(
            id=loaded.id,
            actor=self.actor,
            records=self.records,
            turning=self.turning,
            handing=self.handing,
            returning=self.returning,
            closing=self.closing,
        )
