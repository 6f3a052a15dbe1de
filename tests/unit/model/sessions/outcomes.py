"""Ended sessions for tests, and the return within a day once more, as plainly as it can be written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.outcomes import Outcome
from tests.unit.model.sessions.lives import START
from tests.unit.model.sessions.turns import made_by

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)
LATER: Final = START + timedelta(days=30)


def outcome(start: timedelta = timedelta(), length: timedelta = HOUR, **known: Any) -> Outcome:
    """A contained session of an hour, resolved, unless something else is said."""
    usual: dict[str, Any] = {
        "bot": "retail",
        "customer": "c-1",
        "messages": 3,
        "handoffs": 0,
        "resolution": Resolution.RESOLVED,
        "reason": EndReason.TRIGGERED_BY_FLOW,
        "holder": Holder.BOT,
    }
    return Outcome(started=START + start, ended=START + start + length, **(usual | known))


def _outcome(chance: Random) -> Outcome:
    return outcome(
        start=chance.randint(0, 60) * HOUR,
        length=chance.randint(0, 5) * HOUR,
        bot=chance.choice(["retail", "bank"]),
        customer=chance.choice(["c-1", "c-2", "c-3", None]),
        messages=chance.randint(0, 2),
        handoffs=chance.choice([0, 0, 0, 1, 2]),
        resolution=chance.choice([Resolution.RESOLVED, *Resolution]),
        reason=chance.choice(list(EndReason)),
        holder=chance.choice(list(Holder)),
        intent=chance.choice(["refund", "status", None]),
        versions=chance.choice([(), ("hello@1.0.0",), ("hello@1.0.0", "bye@2.0.0")]),
        escalation=chance.choice(["request", "sentiment", None]),
    )


OUTCOMES: Final = st.lists(made_by(_outcome), max_size=15)


def came_back(one: Outcome, all_: Sequence[Outcome]) -> bool:
    """Whether another session of the same customer began within 24 hours of this one's end."""
    return any(
        other is not one
        and other.customer == one.customer
        and one.ended <= other.started <= one.ended + DAY
        and other.started > one.started
        for other in all_
    )


def ratio(part: Sequence[object], whole: Sequence[object]) -> float | None:
    """One over the other; None of nothing."""
    return len(part) / len(whole) if whole else None
