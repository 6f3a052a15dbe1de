"""Editors of prompts: they publish, promote, roll back, freeze, and roll out."""

from __future__ import annotations

from datetime import timedelta

from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.subjects import Kind
from tests.proofs.worlds import truth
from tests.proofs.worlds.world import Process, World
from tests.unit.services.conftest import NAME, version

_MINUTE = timedelta(minutes=1)


def _another(world: World, process: Process) -> str:
    """Return a published version, mostly not the one that is live; publish one if there is no other."""
    state = truth.state(world.witness, process.house.organization, Kind.PROMPT, NAME)
    published: list[str] = sorted(state.versions) if state is not None else []
    live = state.history.live if state is not None else None
    others = [number for number in published if live is None or number != live.version]
    if not others:
        return publish(world, process)
    return world.chance.choice(others if world.chance.random() < 0.9 else published)


def publish(world: World, process: Process) -> str:
    """Publish one of a dozen versions, or once more one that is there."""
    number = f"1.{world.chance.randrange(12)}.0"
    process.me.prompts.publish(version(number))
    return number


def promote(world: World, process: Process) -> str:
    """Promote any version."""
    me = process.me.prompts
    chosen = _another(world, process)
    me.promote(me.version(NAME, chosen), force=world.chance.random() < 0.3)
    return chosen


def roll_back(world: World, process: Process) -> str:
    """Roll back, and sometimes freeze what was left."""
    moved = process.me.prompts.roll_back(NAME, freeze=world.chance.random() < 0.2)
    return str(type(moved).__name__)


def unfreeze(_: World, process: Process) -> str:
    """Take rollback directives away."""
    return " ".join(process.me.prompts.unfreeze(NAME))


def look(world: World, process: Process) -> str:
    """Read what is live, as callers do; it is a version that was published."""
    number = process.core.prompts.live(NAME).number
    state = truth.state(world.witness, process.house.organization, Kind.PROMPT, NAME)
    assert number in state.versions, f"{number} is given as live, and was never published"
    return number


def begin(world: World, process: Process) -> str:
    """Begin a rollout."""
    me = process.me
    chosen = _another(world, process)
    guard = Guard(success_margin=0.5)
    me.rollouts.start(NAME, chosen, shares=("30%", "100%"), guard=guard, least=_MINUTE, again=True)
    return chosen


def observe(world: World, process: Process) -> str:
    """Tell how some conversations went."""
    heard = list[str]()
    for _ in range(world.chance.choice((3, 60))):
        unit = f"customer-{world.chance.randrange(500)}"
        choice = process.core.prompts.choose(NAME, unit=unit)
        well = world.chance.random() < 0.9
        heard.append(process.core.rollouts.observe(choice, success=well, latency=timedelta(seconds=1)))
    if world.chance.random() < 0.5:
        process.core.rollouts.flush()
    return f"{len(heard)} {heard[-1]}"


def step(world: World, process: Process) -> str:
    """Step as cron does; where there is nothing to step, begin."""
    state = truth.state(world.witness, process.house.organization, Kind.PROMPT, NAME)
    if state is None or state.running is None:
        return begin(world, process)
    return str(process.me.rollouts.step(NAME).move.act)


def stop(world: World, process: Process) -> str:
    """Stop a rollout."""
    return str(process.me.rollouts.stop(NAME, roll_back=world.chance.random() < 0.5).move.act)


def collect(_: World, process: Process) -> str:
    """Take up what the platform measured."""
    return process.core.rollouts.collect(NAME) or "nothing to tell"
