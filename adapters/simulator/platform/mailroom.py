"""Where the deliveries of a platform's webhooks are fetched, and what became of them is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.simulator.platform.noticing import Fate, NoticeRules, Outgoing, PostOffice
from jackfield.adapters.simulator.platform.registry import Registry
from jackfield.ports.clock import Clock

MOST: Final = 10_000

_Enter = Callable[[], AbstractContextManager[Registry]]


@define(eq=False)
class Mailroom:
    """Gives out what is due on the platform's clock; safe for threads.

    `awaits` says that more will be due, as of the last time that something was taken.
    """

    _enter: _Enter
    _office: PostOffice
    _clock: Clock
    awaits: bool = field(default=False, init=False)

    @property
    def rules(self) -> NoticeRules:
        """How webhooks are delivered now."""
        return self._office.rules

    def rule(self, rules: NoticeRules | None) -> None:
        """Deliver by these rules what ends from now on; None are those of the start."""
        self._office.rule(rules)

    def take(self, most: int = MOST) -> tuple[Outgoing, ...]:
        """Take off what is due by now, in the order in which it is due."""
        with self._enter() as registry:
            taken = tuple(registry.post.take(self._clock.now(), most))
            self.awaits = registry.awaits()
        return taken

    def report(self, outgoing: Outgoing, fate: Fate) -> None:
        """Note what became of a delivery that was taken; what failed is due again, a few times."""
        with self._enter() as registry:
            registry.post.report(outgoing, fate, self._clock.now())

    def log(self) -> list[dict[str, Any]]:
        """Return what became of the newest deliveries; of those recorded also what was to be sent."""
        with self._enter() as registry:
            return registry.post.logged()

    def counts(self) -> dict[str, int]:
        """Return how many deliveries are due some day, and how many met which fate."""
        with self._enter() as registry:
            return registry.post.counts()

    def wait(self, seconds: float) -> None:
        """Wait until something ends in this process, or `ring` is called; at most so long."""
        self._office.bell.wait(seconds)
        self._office.bell.clear()

    def ring(self) -> None:
        """Let whoever waits look again."""
        self._office.bell.set()
