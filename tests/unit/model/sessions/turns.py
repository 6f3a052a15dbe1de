"""Turns and thresholds for tests of the policy: of any kind, and pairs of which one is the worse.

Each is made of one drawn number: a dozen draws for each would take most of the tests' time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeVar

from attrs import evolve
from hypothesis import strategies as st

from jackfield.domain.model.sessions.policy import Decision, Watch, decide
from jackfield.domain.model.sessions.replays import Return, Step
from jackfield.domain.model.sessions.signals import Failure, Turn
from jackfield.domain.model.sessions.thresholds import Thresholds

T = TypeVar("T")

GOOD: Final = Turn(intent="order_status", confidence=0.9, sentiment=0.2)


def made_by(make: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """What *make* makes of chance."""
    return st.integers(0, 2**32 - 1).map(lambda seed: make(Random(seed)))


def _steps(chance: Random, low: float, high: float) -> float:
    """A number in steps of 0.05, so that numbers meet limits exactly."""
    return chance.randint(round(low * 20), round(high * 20)) / 20


def _turn(chance: Random) -> Turn:
    return Turn(
        intent=chance.choice(["refund", "order_status", "legal", None]),
        confidence=chance.choice([None, *[_steps(chance, 0, 1)] * 5]),
        margin=chance.choice([None, _steps(chance, -1, 1)]),
        sentiment=chance.choice([None, *[_steps(chance, -1, 1)] * 3]),
        requests_person=chance.random() < 0.1,
        failure=chance.choice([*[None] * 6, *Failure]),
    )


def _quiet(chance: Random) -> Turn:
    return Turn(
        intent=chance.choice(["refund", "order_status"]),
        confidence=_steps(chance, 0.3, 1),
        sentiment=_steps(chance, -0.7, 1),
    )


def _thresholds(chance: Random) -> Thresholds:
    reject, accept = sorted((_steps(chance, 0, 1), _steps(chance, 0, 1)))
    return Thresholds(
        confidence_reject=reject,
        confidence_min=accept,
        max_turns=chance.randint(1, 8),
        rejects=chance.randint(1, 3),
        margin_min=chance.choice([0, 0.05, 0.3]),
        clarifications=chance.randint(0, 3),
        clarify=chance.random() < 0.7,
        sentiment_min=_steps(chance, -1, 0.3),
        sentiment_weight=chance.choice([0.1, 0.5, 1]),
        sentiment_margin=chance.choice([0, 0.2, 0.5]),
        sentiment_turns=chance.randint(1, 3),
        failures=chance.randint(1, 3),
        topics=chance.choice([(), ("legal",)]),
    )


TURNS: Final = made_by(_turn)
QUIET: Final = made_by(_quiet)
"""Turns of which a bot survives some."""
STEPS: Final = st.lists(TURNS | QUIET | st.sampled_from(Return), max_size=12)
THRESHOLDS: Final = made_by(_thresholds)


def worse(turn: Turn, chance: Random) -> Turn:
    """Return a turn like *turn*, with no number better and no request or failure less."""

    def lower(number: float | None, low: float) -> float | None:
        return None if number is None else chance.choice([number, min(number, _steps(chance, low, 1))])

    if chance.random() < 0.1:
        turn = evolve(turn, confidence=None, margin=None, failure=Failure.EVALUATION)
    return evolve(
        turn,
        confidence=lower(turn.confidence, 0),
        margin=lower(turn.margin, -1),
        sentiment=lower(turn.sentiment, -1),
        requests_person=turn.requests_person or chance.random() < 0.05,
        failure=turn.failure or (Failure.TOOL if chance.random() < 0.1 else None),
    )


def one_by_one(thresholds: Thresholds, turns: Sequence[Turn]) -> list[Decision]:
    """Decide as a service does: what is remembered goes from turn to turn."""
    watch, decisions = Watch(), list[Decision]()
    for turn in turns:
        watch, decision = decide(thresholds, watch, turn)
        decisions.append(decision)
    return decisions


def only_turns(steps: Sequence[Step]) -> list[Turn]:
    """Leave the returns out."""
    return [step for step in steps if isinstance(step, Turn)]
