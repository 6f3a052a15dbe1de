"""Customers who call for an hour: sent to a version by the platform, or by `choose`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Behavior, Platform, Traffic
from jackfield.adapters.simulator.platform.traffic import Chances, outcome
from jackfield.domain.model.decisions import Choice
from jackfield.entrypoints.core import Core

NAME: Final = "parcel-helper"
EACH_HOUR: Final = 600
MOST_OF_AN_HOUR: Final = timedelta(minutes=55)
TRAFFIC: Final = Traffic(
    seed=2026,
    versions={
        "1.0.0": Behavior(success=0.93),
        "1.1.0": Behavior(success=0.95),
        "1.2.0": Behavior(success=0.8, latency_ms=950.0),
    },
)
"""What nobody knows beforehand: 1.1.0 is a little better than 1.0.0, and 1.2.0 much worse."""


def sent_by_platform(platform: Platform, clock: FrozenClock) -> None:
    """Let most of an hour pass, in which the platform's own A/B trigger sends the customers."""
    clock.advance(MOST_OF_AN_HOUR)
    platform.converse(NAME, EACH_HOUR, over=MOST_OF_AN_HOUR, traffic=TRAFFIC)


@define(kw_only=True)
class Customers:
    """Those whom `choose` sends; it is observed how each conversation goes.

    `last` holds who last got each version, and the choice.
    """

    core: Core
    clock: FrozenClock
    last: dict[str, tuple[str, Choice]] = field(factory=dict[str, tuple[str, Choice]])
    called: int = 0

    def call(self) -> None:
        """Let most of an hour pass."""
        self.clock.advance(MOST_OF_AN_HOUR)
        for _ in range(EACH_HOUR):
            self._call()

    def _call(self) -> None:
        self.called += 1
        customer = f"customer-{self.called}"
        choice = self.core.prompts.choose(NAME, unit=customer)
        self.last[choice.version] = customer, choice
        chances = Chances.of(TRAFFIC.seed, NAME, self.called)
        latency_ms, tokens, success = outcome(TRAFFIC.of(choice.version), chances, 0.0)
        self.core.rollouts.observe(
            choice, success=bool(success), latency=timedelta(milliseconds=latency_ms), tokens=tokens
        )
