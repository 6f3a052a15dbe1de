"""Who asks assistants: to the end, or not."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from tests.proofs.worlds import makings
from tests.proofs.worlds.world import Process, World
from tests.unit.services.conftest import NAME


def ask(world: World, process: Process) -> str:
    """Ask, and read all, some, or nothing of the answer."""
    said = world.canaries.word(f"canary of a customer, {len(world.trace)}")
    told = world.canaries.word(f"canary of a value, {len(world.trace)}")
    choice = process.core.prompts.choose(NAME, unit=f"customer-{world.chance.randrange(50)}")
    most = world.chance.choice((None, None, 3, 0))
    deadline = timedelta(seconds=world.chance.choice((5, 60)))
    values, me = {"issue": told}, process.me.assistants
    with me.ask(makings.ASSISTANT, choice, values=values, user=said, deadline=deadline) as reply:
        pieces = list(islice(reply, most))
    answer = reply.answer
    text = world_text(process)
    assert text.startswith("".join(pieces)), "pieces are missing, doubled or in disorder"
    assert text.startswith(answer.text), "the answer is not what the platform said"
    if answer.end.value == "complete":
        assert answer.text == text, "an answer that is called complete is not"
    if world.chance.random() < 0.3:
        process.core.assistants.observe(answer, success=world.chance.random() < 0.9)
    return f"{answer.end.value} {len(pieces)} {answer.resumes}"


def world_text(process: Process) -> str:
    """Return what the assistant of this platform always says."""
    assistant = process.house.platform._repertoire[makings.ASSISTANT]
    return assistant.scripts[0].text
