"""What the settings make of a line that falls silent in mid answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import AT_ONCE, Assistant, Faults, FaultyDial, Platform, Scripted
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.conversations import ConversationRules

PROMPT = PromptDefinition(
    name="refund", version="1.2.0", model="gpt-small", max_tokens=500, template="You help customers."
)


@pytest.mark.parametrize(
    ("rules", "end", "resumes"),
    [
        (ConversationRules(), "broken", 0),
        (ConversationRules(watchdog_s=35.0), "complete", 1),
    ],
)
def test_it_is_taken_up_again_if_the_watchdog_barks_before_the_deadline(
    tmp_path: Path, rules: ConversationRules, end: str, resumes: int
) -> None:
    clock = FrozenClock()
    faults = Faults()
    platform = Platform(clock=clock)
    said = "Your refund is on its way; it takes three to five business days."
    platform.script("asst-1", Assistant(scripts=[Scripted(text=said)], pace=AT_ONCE))
    faults.next("GET", "**", "stream-silence", after=3)
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=tmp_path,
        conversations=rules,
    )
    parts = Parts(
        clock=clock, send=platform.send, dial=FaultyDial(platform, faults), plugged=Plugged(sources=())
    )
    with build(settings, parts) as core:
        me = core.acting_as("mina", reason="CHG-1").assistants
        with me.ask("asst-1", PROMPT, values={}, user="Where is it?") as reply:
            answer = reply.answer
    assert (answer.end, answer.resumes) == (end, resumes)
