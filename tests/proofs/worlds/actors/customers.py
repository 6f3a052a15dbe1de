"""Customers, their bots, the people behind them, and the platform that tells of ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import evolve

from jackfield.adapters.simulator import Outgoing
from jackfield.adapters.simulator.platform.noticing import Fate
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import (
    Accepted,
    Escalated,
    Forged,
    Overflow,
    Refuse,
    Wait,
)
from jackfield.domain.services.sessions.handle import ActingSession
from tests.proofs.worlds import makings, truth
from tests.proofs.worlds.world import Process, World

_SAYS: Final = ("I want a refund for my order", "where is my order", "you are terrible", "agent please", "hm")
_LIKELY: Final = 0.85
_OPEN: Final = (Standing.ACTIVE, Standing.WITH_PEOPLE, Standing.HANDING_OVER, Standing.CLOSING)
_FULL: Final = (Refuse(), Overflow(), Wait(timedelta(seconds=20)), Wait(timedelta(seconds=5), Overflow()))


def start(world: World, process: Process) -> str:
    """Begin a session."""
    customer = f"customer-{world.chance.randrange(50)}"
    full = world.chance.choice(_FULL)
    session = process.me.sessions.start(bot=makings.BOT, customer=customer, when_full=full)
    world.book(process).started.append(session.id)
    return str(session.view().standing)


def turn(world: World, process: Process) -> str:
    """Say something to the bot."""
    session = _any(world, process, Standing.ACTIVE)
    said = world.canaries.word(f"canary of a talk, {len(world.trace)}")
    done = session.turn(f"{world.chance.choice(_SAYS)} ({said})")
    if isinstance(done, Escalated):
        told = world.book(process).told.setdefault(session.id, {})
        assert done.handoff.id not in told, "a hand-off was given twice as new: its customer is told twice"
        told[done.handoff.id] = done.handoff.customer_message
    return type(done).__name__


def escalate(world: World, process: Process) -> str:
    """Let people take over, by hand."""
    session = _any(world, process, Standing.ACTIVE, Standing.HANDING_OVER)
    handoff = session.escalate(
        summary=world.canaries.word(f"canary of a summary, {len(world.trace)}")
    ).handoff
    told = world.book(process).told.setdefault(session.id, {})
    message = told.setdefault(handoff.id, handoff.customer_message)
    assert message == handoff.customer_message, "one hand-off has two messages"
    return handoff.id


def hand_back(world: World, process: Process) -> str:
    """Give a session back to the bot."""
    return str(_any(world, process, Standing.WITH_PEOPLE).hand_back().standing)


def close(world: World, process: Process) -> str:
    """Close a session."""
    return str(_any(world, process, *_OPEN).close(world.chance.choice(list(Resolution))).standing)


def hang_up(world: World, process: Process) -> str:
    """Let a customer hang up, of which the platform tells later, or not."""
    active = [held for held in truth.conversations(process.house.platform) if held["ended"] is None]
    if not active:
        return "nobody"
    process.house.platform.end(world.chance.choice(active)["id"])
    return "hung up"


def register(_: World, process: Process) -> str:
    """Have the platform tell of ends."""
    return str(process.me.sessions.register_notices().current)


def hear(world: World, process: Process) -> str:
    """Take what the platform tells, some of it twice, in disorder or forged; what fails comes again."""
    post, mailroom = list(process.house.platform.notices()), process.house.platform.mailroom
    world.chance.shuffle(post)
    came = list[str]()
    for each in post:
        try:
            received = process.core.sessions.receive(each.headers, each.body)
        except BaseException:
            mailroom.report(each, Fate.FAILED)
            raise
        mailroom.report(each, Fate.DELIVERED if received.status < 300 else Fate.FAILED)
        came.append(type(received).__name__)
        if world.chance.random() < 0.3:
            again = process.core.sessions.receive(each.headers, each.body)
            assert not isinstance(again, Accepted), "a notice was accepted twice"
        _forge(world, process, each)
    return " ".join(came)


def _forge(world: World, process: Process, genuine: Outgoing) -> None:
    forged = evolve(genuine, body=genuine.body.replace(b"resolved", b"abandoned") + b" ")
    received = process.core.sessions.receive(forged.headers, forged.body)
    assert isinstance(received, Forged), "a forged notice was believed"
    world.count("forged")


def recover(_: World, process: Process) -> str:
    """Settle what was left, as cron does."""
    recovered = process.core.sessions.recover()
    return f"{sum(recovered.settled.values())} {recovered.expired} {len(recovered.failed)}"


def catch_up(_: World, process: Process) -> str:
    """Read ends back."""
    caught = process.core.sessions.catch_up()
    return f"{caught.ended} {caught.known}"


def report(_: World, process: Process) -> str:
    """Sum up what is over."""
    return str(process.core.sessions.report().whole.sessions)


def _any(world: World, process: Process, *likely: Standing) -> ActingSession:
    """Take up a session, mostly one with which that can be done; begin one if there is none."""
    held = truth.sessions(world.witness, process.house.organization)
    fit = [name for name, state in held.items() if state.session.standing in likely]
    names = sorted(fit if world.chance.random() < _LIKELY else held)
    if not names:
        start(world, process)
        return process.me.sessions.get(world.book(process).started[-1])
    return process.me.sessions.get(world.chance.choice(names))
