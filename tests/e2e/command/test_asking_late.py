"""Asking costs nothing before the first question, and closing the core ends all of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.adapters.simulator import AT_ONCE, Assistant, Platform, Scripted
from jackfield.adapters.sockets import Handshake, Socket
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings

PROMPT = PromptDefinition(
    name="refund", version="1.0.0", model="gpt-small", max_tokens=500, template="You help customers."
)
STREAM = "jackfield-stream"
SHORT = timedelta(seconds=0.2)
SOURCE = """
import jackfield, sys, threading
with jackfield.open() as core:
    core.acting_as("mina", reason="CHG-1").assistants
    core.prompts.names()
    heavy = [m for m in ("websockets", "jackfield.adapters.genesys.assistants") if m in sys.modules]
    print(heavy, [t.name for t in threading.enumerate() if "stream" in t.name])
"""


def settings(folder: Path) -> Settings:
    return Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=folder / "state"
    )


def platform() -> Platform:
    refunds = Assistant(scripts=[Scripted(text="It takes three days.")], pace=AT_ONCE)
    return Platform(clock=Parts().clock, assistants={"refunds": refunds})


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == STREAM]


def test_a_core_that_asks_nothing_loads_and_begins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", SOURCE], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[] []\n"


def test_closing_the_core_ends_the_thread_and_closes_the_socket(tmp_path: Path) -> None:
    simulated, opened = platform(), list[Socket]()

    def dial(handshake: Handshake) -> Socket:
        opened.append(simulated.dial(handshake))
        return opened[-1]

    with build(settings(tmp_path), Parts(send=simulated.send, dial=dial)) as core:
        assistants = core.acting_as("mina", reason="CHG-1").assistants
        for _ in range(2):
            with assistants.ask("refunds", PROMPT, values={}, user="When?") as reply:
                assert reply.answer.end is End.COMPLETE
        assert (len(opened), threads()) == (1, [STREAM])
    assert threads() == []
    assert simulated.snapshot()["sockets"] == 0


def test_a_core_that_is_closed_asks_nothing(tmp_path: Path) -> None:
    simulated = platform()
    with build(settings(tmp_path), Parts(send=simulated.send, dial=simulated.dial)) as core:
        assistants = core.acting_as("mina", reason="CHG-1").assistants
    with pytest.raises(Unavailable, match="the core is closed"):
        assistants.ask("refunds", PROMPT, values={}, user="When?")


def test_a_line_in_the_platforms_place_needs_a_dial_beside_it(tmp_path: Path) -> None:
    with build(settings(tmp_path), Parts(send=platform().send)) as core:
        assistants = core.acting_as("mina", reason="CHG-1").assistants
        with pytest.raises(Unavailable, match=r"Parts\.dial"):
            assistants.ask("refunds", PROMPT, values={}, user="When?", deadline=SHORT)


def test_an_answer_outlives_no_core(tmp_path: Path) -> None:
    simulated = Platform(
        clock=Parts().clock, assistants={"slow": Assistant(scripts=[Scripted(text="x " * 99)])}
    )
    with build(settings(tmp_path), Parts(send=simulated.send, dial=simulated.dial)) as core:
        reply = core.acting_as("mina", reason="CHG-1").assistants.ask("slow", PROMPT, values={}, user="When?")
    assert list(iter(reply.take, None)) == []
    assert reply.done
    assert reply.assembler.end is End.CANCELED
