"""What is kept of what was said: the last few texts, redacted and cut; or nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

from attrs import define, evolve, field, frozen

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.fields import whole_number
from jackfield.domain.model.sessions.handoff import (
    LAST_TURNS,
    LONGEST_TURN,
    MOST_TRIED,
    Said,
    Speaker,
    excerpt,
)
from jackfield.domain.model.sessions.states import SessionState
from jackfield.ports.clock import Clock
from jackfield.ports.conversations import NotKept, Redact

_WHOLE: Final = 1_000_000


def _turns(instance: object, attribute: Any, value: Any) -> None:
    whole_number(instance, attribute, value)
    if not 0 <= value <= LAST_TURNS:
        raise InvalidInput(
            f"it is 0 to {LAST_TURNS}", place="keep_turns", remedy="write 0 to keep nothing of what was said"
        )


@define(eq=False)
class Spell:
    """A time for redacting, until `ends`: what takes as long as the longest so far is begun if it has room.

    The first is always begun: what the customer said is worth more than what he was told.
    """

    clock: Clock
    ends: float
    _longest: float | None = field(default=None, init=False)

    @property
    def allows(self) -> bool:
        """Whether one more is begun."""
        return self._longest is None or self.clock.monotonic() + self._longest <= self.ends

    @contextmanager
    def one(self) -> Generator[None]:
        """Redact one text meanwhile."""
        began = self.clock.monotonic()
        try:
            yield
        finally:
            self._longest = max(self._longest or 0.0, self.clock.monotonic() - began)


@frozen(kw_only=True)
class Kept:
    """What of one turn may be kept: None, or fewer, where a text is `missing` that could not be redacted."""

    text: str | None = field(default=None, repr=False)
    bot_said: str | None = field(default=None, repr=False)
    tried: tuple[str, ...] = field(default=(), repr=False)
    missing: int = 0


@frozen(kw_only=True)
class Keeping:
    """Redacts texts for those who read them later. `turns` says how many of the last are kept, up to 6."""

    redact: Redact
    turns: int = field(default=LAST_TURNS, validator=_turns)

    def keep(self, text: str, bot_said: str | None, tried: Iterable[str], spell: Spell) -> Kept:
        """Return what may be kept of a turn; each text is redacted once, and whole, while there is time."""
        mine = self.text(text, spell)
        bots = None if bot_said is None else self.text(bot_said, spell)
        known, missing = self.actions(tried, spell)
        missing += (mine is None) + (bot_said is not None and bots is None)
        return Kept(text=mine, bot_said=bots, tried=known, missing=missing)

    def actions(self, tried: Iterable[str], spell: Spell) -> tuple[tuple[str, ...], int]:
        """Return the newest of what was tried, as many as are kept, and how many of them are missing."""
        newest = tuple(dict.fromkeys(tried))[-MOST_TRIED:]
        redacted = [self.text(each, spell) for each in newest]
        known = tuple(each for each in redacted if each is not None)
        return known, len(newest) - len(known)

    def text(self, text: str, spell: Spell, longest: int = _WHOLE) -> str | None:
        """Return *text* redacted and then cut; None if it is not kept, or nobody can redact it in time."""
        if not spell.allows:
            return None
        try:
            with spell.one():
                kept = self.redact(text)
        except Unavailable:
            return None
        return None if isinstance(kept, NotKept) else excerpt(kept, str, longest)

    def remembered(self, state: SessionState, kept: Kept) -> SessionState:
        """Return *state* with a turn's texts for the next hand-off, and without the oldest."""
        said = list(state.said)
        for speaker, text in ((Speaker.BOT, kept.bot_said), (Speaker.CUSTOMER, kept.text)):
            now = text and _said(speaker, text)
            # What the bot asked back is known already when its program tells what it said.
            if now and not (speaker is Speaker.BOT and said and said[-1] == now):
                said.append(now)
        return evolve(with_tried(state, kept.tried), said=self._newest(said))

    def asked_back(self, state: SessionState, text: str) -> SessionState:
        """Return *state* with what the bot is about to ask back."""
        return evolve(state, said=self._newest([*state.said, _said(Speaker.BOT, text)]))

    def _newest(self, said: list[Said]) -> tuple[Said, ...]:
        return tuple(said[-self.turns :]) if self.turns else ()


def with_tried(state: SessionState, tried: Iterable[str]) -> SessionState:
    """Return *state* with actions that were tried, each once, and without the oldest."""
    short = (excerpt(each, str, LONGEST_TURN) for each in tried)
    return evolve(state, tried=tuple(dict.fromkeys((*state.tried, *short)))[-MOST_TRIED:])


def _said(speaker: Speaker, text: str) -> Said:
    return Said(speaker=speaker, text=excerpt(text, str, LONGEST_TURN))
