"""Sessions: a turn's decision late in a long session, the report over a million, and those a core leads."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter
from typing import Final

from benchmarks import attended
from benchmarks.calls import micros
from benchmarks.rows import Row
from benchmarks.sizes import sized
from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.figures import By
from jackfield.domain.model.sessions.life import Session, confirmed, turned
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.policy import Act, Decision, Watch, decide
from jackfield.domain.model.sessions.requests import Requests
from jackfield.domain.model.sessions.resolutions import report
from jackfield.domain.model.sessions.signals import Evaluation, Turn, hear
from jackfield.domain.model.sessions.thresholds import Thresholds

TURNS: Final = 200
SESSIONS: Final = sized(1_000_000, small=20_000)
CHUNK: Final = sized(50_000, small=3_000)
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
MONTH: Final = timedelta(days=30)
LONG: Final = Thresholds(max_turns=10_000, clarifications=10_000)
SAID: Final = Evaluation(intent="order_status", confidence=0.7, sentiment=-0.1, second=0.2)
TEXT: Final = "I ordered the blue jacket two weeks ago and it still says that it is being packed. Why?"


def run() -> list[Row]:
    """Return the rows; the reports take half a minute, and what a core leads some minutes."""
    return [*_deciding(), *_reading(), *_reporting(), *attended.run()]


def _deciding() -> list[Row]:
    turn = hear(SAID)
    watch = _watched(turn)
    assert watch.turns == TURNS - 1
    last = micros(lambda: decide(LONG, watch, turn))
    first = micros(lambda: decide(LONG, Watch(), turn))
    session, decision = _session(turn)
    assert (session.turns, decision.act) == (TURNS, Act.PROCEED)
    moved = micros(lambda: turned(session, LONG, turn, handoff="h", now=START))
    return [
        Row(f"decide at turn {TURNS}", last, "µs", "<= 50"),
        Row("… at turn 1", first, "µs", "-"),
        Row("… with the session's own move", moved, "µs", "<= 50"),
    ]


def _watched(turn: Turn) -> Watch:
    watch = Watch()
    for _ in range(TURNS - 1):
        watch, _ = decide(LONG, watch, turn)
    return watch


def _session(turn: Turn) -> tuple[Session, Decision]:
    attributes = Attributes.of({"notes": "n" * 1_000})
    fresh = Session(id="s", bot="b", customer="c", started=START, attributes=attributes)
    session, decision = turned(confirmed(fresh, "conv", now=START), LONG, turn, handoff="h", now=START)
    for _ in range(TURNS - 1):
        session, decision = turned(session, LONG, turn, handoff="h", now=START)
    return session, decision


def _reading() -> list[Row]:
    requests, values = Requests(), {"tier": "gold", "orders": [1, 2, 3], "notes": "n" * 1_000}
    return [
        Row("hear an evaluation", micros(lambda: hear(SAID)), "µs", "-"),
        Row(f"look for a request in {len(TEXT)} characters", micros(lambda: requests.ask(TEXT)), "µs", "-"),
        Row("check attributes of 1 kB", micros(lambda: Attributes.of(values)), "µs", "-"),
    ]


def _reporting() -> list[Row]:
    """What is timed is the report alone: outcomes are made chunk by chunk while the clock is stopped."""
    whole = _taken(None)
    by_day = _taken(By.DAY)
    tracemalloc.start()
    report(_outcomes(), until=START + 2 * MONTH, by=By.DAY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return [
        Row(f"report over {SESSIONS:,} sessions", whole, "s", "<= 5"),
        Row("… by day", by_day, "s", "<= 5"),
        Row("… its greatest memory", peak / 1e6, "MB", "-"),
    ]


def _taken(by: By | None) -> float:
    clock = _Stopwatch()
    begun = perf_counter()
    found = report(clock.running(_outcomes()), until=START + 2 * MONTH, by=by)
    took = perf_counter() - begun - clock.stopped
    assert found.whole.sessions == SESSIONS
    assert found.whole.functional_containment is not None
    return took


class _Stopwatch:
    """Counts the time that making a chunk takes."""

    def __init__(self) -> None:
        self.stopped = 0.0

    def running(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        while True:
            begun = perf_counter()
            chunk = list(islice(outcomes, CHUNK))
            self.stopped += perf_counter() - begun
            if not chunk:
                return
            yield from chunk


def _outcomes() -> Iterator[Outcome]:
    toss = random.Random(2026)  # noqa: S311 - a simulation
    endings = (
        (Resolution.RESOLVED, EndReason.TRIGGERED_BY_FLOW, Holder.BOT, 0),
        (Resolution.RESOLVED, EndReason.TRIGGERED_BY_FLOW, Holder.BOT, 0),
        (Resolution.ABANDONED, EndReason.TRIGGERED_BY_USER, Holder.BOT, 0),
        (Resolution.ABANDONED, EndReason.TRIGGERED_BY_USER, Holder.QUEUE, 1),
        (Resolution.ESCALATED, EndReason.AGENT_REQUESTED_BY_USER, Holder.PEOPLE, 1),
    )
    for _ in range(SESSIONS):
        resolution, reason, holder, handoffs = toss.choice(endings)
        started = START + MONTH * toss.random()
        yield Outcome(
            bot=toss.choice(("retail", "bank", "travel")),
            customer=f"customer-{toss.randrange(SESSIONS // 2)}",
            started=started,
            ended=started + timedelta(seconds=toss.lognormvariate(5, 0.8)),
            messages=toss.randrange(12),
            handoffs=handoffs,
            resolution=resolution,
            reason=reason,
            holder=holder,
            intent=f"intent-{toss.randrange(77)}",
            escalation=toss.choice(("request", "sentiment", "confidence")) if handoffs else None,
            termination=timedelta(seconds=toss.lognormvariate(0, 0.5)),
        )


if __name__ == "__main__":
    for row in run():
        print(f"{row.what}: {row.measured:.2f} {row.unit} (reach {row.reach})", flush=True)
