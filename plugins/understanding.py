"""A plugin's understanding, behind its port: whatever goes wrong with it is an evaluation that failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from numbers import Real
from threading import BoundedSemaphore
from typing import Final, TypeVar

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.domain.model.sessions.signals import UNMEASURED, Evaluation
from jackfield.plugins.isolation import HANGS, JUNK, Failure, Junk, Outcome, within
from jackfield.plugins.masking import masked
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.results import one
from jackfield.plugins.standing import PluginState
from jackfield.ports.clock import Clock
from jackfield.ports.understanding import Understanding

T = TypeVar("T")

MOST: Final = 64
"""How many calls may be under way at once: those that nobody waits for any more count too."""
_EVALUATE: Final = "understanding.evaluate"


@define(kw_only=True)
class GuardedUnderstanding:
    """A plugin's understanding. A call has *limit*, or what is left of the turn if that is less.

    One that does not end within *limit* switches the plugin off; one that the turn did not wait for does not.
    """

    plugin: Plugin
    understanding: Understanding
    name: str
    clock: Clock
    limit: timedelta
    _places: BoundedSemaphore = field(factory=lambda: BoundedSemaphore(MOST), init=False, repr=False)

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        """Return what the plugin says, its numbers and texts made plain; raise `Unavailable` if nothing."""
        left = timedelta(seconds=ends - self.clock.monotonic())
        if self.plugin.state is not PluginState.LOADED:  # not another thread that may never end
            raise self._unavailable(f"it was switched off: {self.plugin.trouble}")
        if left <= timedelta():
            raise self._unavailable("there is no time left for it")
        asked = partial(self.understanding.evaluate, text, bot=bot, language=language, ends=ends)
        outcome = self._outcome(partial(self._said, asked), left)
        if isinstance(outcome, Failure):
            raise self._unavailable(str(outcome))
        if isinstance(outcome.value, str):
            raise self._unavailable(masked(outcome.value, {*self.plugin.secrets, text}))
        return outcome.value

    def _said(self, asked: Callable[[], object]) -> Evaluation | str:
        """Ask on this thread, if not too many wait; what the plugin says in our words is for the user."""
        if not self._places.acquire(blocking=False):
            raise Junk(f"{MOST} of its calls are under way")
        try:
            return _plain(asked())
        except JackfieldError as error:
            return str(error.message)
        finally:
            self._places.release()

    def _outcome(self, call: Callable[[], T], left: timedelta) -> Outcome[T]:
        """Call it on a thread of its own, counted and timed."""
        if left >= self.limit:
            return self.plugin.run(_EVALUATE, call, limit=self.limit)
        begun = self.clock.monotonic()
        outcome = within(left, call, name=f"jackfield-{self.plugin.name}-{_EVALUATE}")
        self.plugin.spent(self.clock.monotonic() - begun)
        if isinstance(outcome, Failure):
            outcome = _not_hanging(outcome)
            self.plugin.failed(_EVALUATE, outcome)
        return outcome

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(
            f"the understanding {self.name} said nothing: {why}",
            place=f"plugin {self.plugin.name}",
            remedy="mend the plugin, or set another understanding in jackfield.toml",
        )


def _not_hanging(failure: Failure) -> Failure:
    """The turn gave it less time than a plugin has: that is no reason to switch it off."""
    if failure.kind != HANGS:
        return failure
    return Failure(kind=JUNK, detail=f"it took longer than the turn had ({failure.detail})")


def _plain(returned: object) -> Evaluation:
    """Return an evaluation of plain texts and numbers; whether they are any good is judged elsewhere."""
    found = one(returned, Evaluation)
    return Evaluation(
        intent=_value(found.intent),
        confidence=_value(found.confidence),
        sentiment=_value(found.sentiment),
        second=_value(found.second),
    )


def _value(value: object) -> object:
    if value is None or value is UNMEASURED or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Real):
        return float(value)
    raise Junk(f"it returned an evaluation with a value of type {type(value).__name__}")
