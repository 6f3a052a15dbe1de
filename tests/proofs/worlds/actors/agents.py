"""Human agents, who are given advice; and editors of what it is taken from."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from jackfield.domain.model.advice.feedback import Action
from jackfield.domain.model.advice.queries import AdviceQuery
from tests.proofs.worlds import makings
from tests.proofs.worlds.world import Process, World

STALE: Final = timedelta(minutes=10)
_ACTIONS: Final = (Action.CLICKED, Action.COPIED, Action.WRONG)


def query(world: World, process: Process) -> str:
    """Ask for advice; it must be of this organization, and of an edition that was the newest not long ago."""
    number = world.chance.choice((0, 0, 0, 1))
    said = world.canaries.word(f"canary of a transcript, {number}")
    asked = AdviceQuery(
        conversation=f"talk-{number}",
        transcript=f"{makings.QUESTION} ({said})",
        agent=f"agent-{world.chance.randrange(2)}",
        bases=[makings.BASE],
    )
    advised = process.core.advice.query(asked)
    book, name = world.book(process), str(process.house.organization)
    for accepted in advised.accepted:
        whose, edition, _ = accepted.item.title.split("/")
        assert whose == name, f"advice of {whose} was given to {name}"
        _look_at_age(world, process, int(edition))
    if advised.accepted and world.chance.random() < 0.7:
        process.core.advice.displayed(advised)
        book.advised = advised
    return f"{advised.origin} {len(advised.accepted)} {advised.whole}"


def _look_at_age(world: World, process: Process, edition: int) -> None:
    replaced = world.book(process).replaced.get(edition)
    if replaced is not None:
        age = world.passed.so_far - replaced
        assert age <= STALE, f"advice was given that is out of date since {age}"


def feedback(world: World, process: Process) -> str:
    """Say what an agent did with what he saw."""
    advised = world.book(process).advised
    if advised is None or not advised.accepted:
        return "nothing was seen"
    seen = world.chance.choice(advised.accepted)
    return str(
        process.core.advice.feedback(seen, agent=advised.agent, action=world.chance.choice(_ACTIONS)).action
    )


def edit(world: World, process: Process) -> str:
    """Replace what the knowledge base holds."""
    book, house = world.book(process), process.house
    book.replaced[book.edition] = world.passed.so_far
    book.edition += 1
    fresh = makings.articles(str(house.organization), world.platforms_clock, book.edition)
    house.platform.knowledge(makings.BASE, fresh)
    return str(book.edition)


def sum_up(_: World, process: Process) -> str:
    """Count clicks."""
    return type(process.core.advice.report()).__name__
