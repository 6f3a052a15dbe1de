"""Starting sessions: checked, admitted or let wait or sent to people, and made on the platform once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Final, NoReturn

from attrs import evolve, frozen

from jackfield.domain.model.errors import BotFull, JackfieldError, OutcomeUnknown
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.values import Overflow, Refuse
from jackfield.domain.services.sessions.asked.wanting import Wanted, bot_of
from jackfield.domain.services.sessions.holding.admission import Permit
from jackfield.domain.services.sessions.recorded import starts
from jackfield.domain.services.sessions.recorded.records import Loaded, SessionRecords
from jackfield.domain.services.sessions.starting.making import Full, Making
from jackfield.ports.telemetry import Measure, unheard

_SHORTEST_S: Final = 0.1
_LONGEST_S: Final = 2.0
_A_LITTLE: Final = timedelta(microseconds=1)
"""A shorter rest is none by a `timedelta`, and a clock that only rests move would stand still."""
_FOR_THE_CALL_S: Final = 5.0
"""What waiting leaves of a deadline, for what is done then; half of it, if that is less."""


@frozen(kw_only=True)
class _Attempt:
    """One start; `waits` is until when a place is waited for, `ends` when all is over, both monotonic."""

    wanted: Wanted
    bot: Bot
    actor: Actor
    began: float
    waits: float
    ends: float


@frozen(kw_only=True)
class Starting:
    """Starts the sessions of one target; `bots` are those of its settings, by name.

    `deadline` bounds a start that says none, and what is done when its waiting is over; `jitter` gives
    [0, 1).
    """

    records: SessionRecords
    bots: Mapping[str, Bot]
    making: Making
    jitter: Callable[[], float]
    measure: Measure = unheard
    deadline: timedelta = timedelta(seconds=20)

    def start(self, wanted: Wanted, actor: Actor) -> Loaded:
        """Return the session on the platform: with its bot, or on its way to people where that is full.

        Raises `InvalidInput` or `NotFound` for what is wrong with *wanted*, `BotFull`, another `Refused` or
        `NotSent` if it was not started, and `OutcomeUnknown`, with the session's id, if nobody knows.
        """
        attempt = self._attempt(wanted, actor)
        loaded = self._new(attempt)
        try:
            started, label = self._started(attempt, loaded)
        except JackfieldError as error:
            self._measure(attempt, _label(error))
            raise
        self._measure(attempt, label)
        return started

    def settle(self, loaded: Loaded) -> Loaded:
        """Settle a start that was left; another session is returned as it is.

        Raises `Conflict` while it may still be under way, and what looking it up on the platform raises.
        """
        return self.making.settle(loaded)

    def _attempt(self, wanted: Wanted, actor: Actor) -> _Attempt:
        began = self.records.clock.monotonic()
        lasts = (wanted.deadline or self.deadline + wanted.waiting).total_seconds()
        for_the_call = min(_FOR_THE_CALL_S, lasts / 2)
        return _Attempt(
            wanted=wanted,
            bot=bot_of(self.bots, wanted.bot),
            actor=actor,
            began=began,
            waits=began + min(wanted.waiting.total_seconds(), lasts - for_the_call),
            ends=began + lasts,
        )

    def _new(self, attempt: _Attempt) -> Loaded:
        """Return the session as it would be recorded first."""
        identifier, bot = self.records.new_id(), attempt.bot
        state = SessionState(
            session=attempt.wanted.session(identifier, now=self.records.clock.now()),
            bot_id=bot.id,
            thresholds=bot.thresholds,
            lifetimes=bot.lifetimes,
            skills=attempt.wanted.skills,
        )
        return Loaded(self.records.subject(identifier), 0, state)

    def _started(self, attempt: _Attempt, loaded: Loaded) -> tuple[Loaded, str]:
        """Try until there is a place, or nothing is waited for any more."""
        full: BotFull | None = None
        for number in self._tries(attempt):
            ends = self._call_ends(attempt)
            permit = self._permit(attempt, loaded, ends)
            done = permit and self._make(attempt, loaded, permit, ends)
            if isinstance(done, Loaded):
                return done, "queued" if number else "admitted"
            if isinstance(done, Full):
                loaded, full = self._held(attempt, done), done.error
        return self._without_place(attempt, loaded, full), "overflow"

    def _tries(self, attempt: _Attempt) -> Iterator[int]:
        """Give the number of each try, with pauses in between: half of each is by chance."""
        clock = self.records.clock
        for number in count():
            yield number
            left = attempt.waits - clock.monotonic()
            if left <= 0:
                return
            longest = min(_LONGEST_S, _SHORTEST_S * 2.0 ** min(number, 10))
            rest = min(left, longest * (1 + self.jitter()) / 2)
            clock.sleep(max(timedelta(seconds=rest), _A_LITTLE))

    def _permit(self, attempt: _Attempt, loaded: Loaded, ends: float) -> Permit | None:
        try:
            return self.making.admission.admit(attempt.bot, loaded.id, ends=ends)
        except JackfieldError as error:
            self._fail(attempt, loaded, error)

    def _make(self, attempt: _Attempt, loaded: Loaded, permit: Permit, ends: float) -> Loaded | Full:
        """Make it by the time by which the leave was asked for, and not a while after this."""
        return self.making.make(loaded, attempt.bot, permit, attempt.actor, ends=ends)

    def _held(self, attempt: _Attempt, full: Full) -> Loaded:
        waits = attempt.waits > self.records.clock.monotonic()
        return self.making.hold(full.loaded, until=attempt.ends) if waits else full.loaded

    def _call_ends(self, attempt: _Attempt) -> float:
        return min(attempt.ends, self.records.clock.monotonic() + self.deadline.total_seconds())

    def _without_place(self, attempt: _Attempt, loaded: Loaded, full: BotFull | None) -> Loaded:
        then = attempt.wanted.at_last
        if isinstance(then, Refuse):
            self._fail(attempt, loaded, _refusal(attempt, full))
        overflowing = self._overflowing(attempt, loaded, then)
        done = self._make(attempt, overflowing, Permit(), self._call_ends(attempt))
        if isinstance(done, Full):
            self._fail(attempt, done.loaded, _refusal(attempt, done.error))
        return done

    def _overflowing(self, attempt: _Attempt, loaded: Loaded, then: Overflow) -> Loaded:
        """Return the session as it would go to people: in the queue that is named, or what the rules say."""
        session, wanted = loaded.state.session, attempt.wanted
        route = attempt.bot.routing.route(skills=wanted.skills, language=wanted.language)
        handoff = starts.overflow(
            session,
            attempt.bot,
            then.queue or route.queue,
            identifier=self.records.new_id(),
            at=self.records.clock.now(),
        )
        return evolve(loaded, state=evolve(loaded.state, handoff=handoff))

    def _fail(self, attempt: _Attempt, loaded: Loaded, error: JackfieldError) -> NoReturn:
        """Raise *error*; what was intended came to nothing then."""
        if loaded.revision:
            self.making.fail(loaded, attempt.actor, error)
        raise error

    def _measure(self, attempt: _Attempt, outcome: str) -> None:
        labels = {"bot": attempt.bot.name, "outcome": outcome}
        took = self.records.clock.monotonic() - attempt.began
        for name, value, unit in (
            ("jackfield.session.starts", 1.0, "{session}"),
            ("jackfield.session.start.duration", took, "s"),
        ):
            self.measure(
                Measurement(
                    organization=self.records.organization, name=name, value=value, unit=unit, labels=labels
                )
            )


def _label(error: JackfieldError) -> str:
    if isinstance(error, BotFull):
        return "refused"
    return "unknown" if isinstance(error, OutcomeUnknown) else "failed"


def _refusal(attempt: _Attempt, full: BotFull | None) -> BotFull:
    """Say whose limit it is, and how more are let in."""
    name, waited = attempt.bot.name, attempt.wanted.waiting.total_seconds()
    in_time = f", and none ended in {waited:g} s" if waited else ""
    others = "start with when_full=Wait(…) or Overflow(…)"
    if full is not None:
        remedy = f"have the platform's limit raised, or {others}"
        return BotFull(f"{full.message}{in_time}", place=f"bot {name}", remedy=remedy)
    return BotFull(
        f"it has {attempt.bot.limit} sessions, as many as it may{in_time}",
        place=f"bot {name}",
        remedy=f"raise sessions.bots.{name}.limit in the settings, or {others}",
    )
