"""What holds of every decision, as sessions live it: worse never escalates later; it can be decided again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.sessions.policy import Decision
from jackfield.domain.model.sessions.replays import Step, replay
from jackfield.domain.model.sessions.signals import Evaluation
from jackfield.domain.model.sessions.telling import decision_of, step_of
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, Proceed
from jackfield.domain.services.sessions.handle import ActingSession
from tests.proofs.sizes import sized
from tests.unit.services.sessions.actors import Shop
from tests.unit.services.sessions.actors import shop as opened
from tests.unit.services.sessions.starters import bot

FEW = settings(max_examples=sized(25, full=300))
SEEDS = st.integers(0, 2**32 - 1)


def evaluated(chance: Random) -> Evaluation:
    """What an understanding may say."""
    return Evaluation(
        intent=chance.choice(["refund", "order", "order", None]),
        confidence=chance.choice([0.9, 0.9, 0.7, 0.45, 0.2, None]),
        sentiment=chance.choice([0.5, 0.5, 0.0, -0.4, -0.9]),
        second=chance.choice([0.1, 0.44]),
    )


def worse(said: Evaluation, chance: Random) -> Evaluation:
    """The same intent, with numbers that are no better."""
    if chance.random() < 0.1:
        return evolve(said, confidence="broken")
    confidence, sentiment = said.confidence, said.sentiment
    if isinstance(confidence, float) and chance.random() < 0.5:
        confidence = max(0.0, confidence - 0.3)
    if isinstance(sentiment, float) and chance.random() < 0.5:
        sentiment = max(-1.0, sentiment - 0.5)
    return evolve(said, confidence=confidence, sentiment=sentiment)


def escalated_at(shop: Shop, said: list[Evaluation]) -> int:
    """Let a session live until people take over; return at which turn, or how many there were."""
    session = shop.start()
    shop.understanding.next = list(said)
    for number, _ in enumerate(said):
        if isinstance(session.turn("hello"), Escalated):
            return number
    return len(said)


@given(SEEDS)
@FEW
def test_worse_numbers_never_escalate_later(seed: int) -> None:
    chance = Random(seed)
    said = [evaluated(chance) for _ in range(chance.randint(1, 8))]
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), bot(limit=None)) as shop:
        assert escalated_at(shop, [worse(each, chance) for each in said]) <= escalated_at(shop, said)


def lived(shop: Shop, session: ActingSession, chance: Random) -> list[Decision]:
    """Let a session live for a while, and return what was decided."""
    decisions = list[Decision]()
    for _ in range(chance.randint(1, 12)):
        shop.understanding.next = [evaluated(chance)]
        try:
            if chance.random() < 0.15:
                session.escalate()
            if chance.random() < 0.3:
                session.hand_back()
            done = session.turn("hello")
        except Conflict:  # people have it
            continue
        assert isinstance(done, Proceed | Clarify | Escalated)
        assert done.decision is not None
        decisions.append(done.decision)
    return decisions


@given(SEEDS)
@FEW
def test_what_was_decided_is_decided_again_from_the_log(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as shop:
        session = shop.start()
        decisions = lived(shop, session, Random(seed))
        payloads = [event.payload for event in shop.events(session)]
        steps: list[Step] = [step for payload in payloads if (step := step_of(payload)) is not None]
        told = [decision for payload in payloads if (decision := decision_of(payload)) is not None]
        assert told == decisions
        assert replay(shop.state(session).thresholds, steps) == tuple(decisions)


@given(SEEDS)
@FEW
def test_one_hand_off_is_one_message(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as shop:
        chance, messages = Random(seed), list[str]()
        session = shop.start()
        for _ in range(chance.randint(1, 12)):
            shop.understanding.next = [evaluated(chance)]
            try:
                done = session.turn("hello") if chance.random() < 0.8 else session.escalate()
                messages += [done.handoff.id] if isinstance(done, Escalated) else []
                if chance.random() < 0.5:
                    session.hand_back()
            except Conflict:  # people have it
                continue
        assert tuple(messages) == session.view().handoffs
