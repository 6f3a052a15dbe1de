"""The demo's story of an answer: its numbers agree, it fails where it would lie, it streams on a terminal."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from attrs import define, evolve

from jackfield.adapters.sockets import Dial, Socket
from jackfield.entrypoints.cli.commands import demo
from jackfield.entrypoints.demo import ask, helpline
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.demo.stories import Story
from jackfield.entrypoints.demo.talks import ANSWER, long_talk
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.conversations import ConversationRules
from tests.e2e.command.conftest import House
from tests.e2e.command.terminals import on_a_terminal


@define(eq=False)
class Leaky:
    """A socket on which the fifth piece of an answer is lost, as often as it is sent."""

    socket: Socket

    def send(self, text: str) -> None:
        self.socket.send(text)

    def receive(self, timeout: float | None) -> str | bytes:
        while b'"sequence":4,' in (frame := orjson.dumps(orjson.loads(self.socket.receive(timeout)))):
            continue
        return frame

    def close(self, code: int = 1000) -> None:
        self.socket.close(code)


@define(eq=False)
class Garbled(Leaky):
    """A socket on which one letter of an answer is another one."""

    def receive(self, timeout: float | None) -> str | bytes:
        return str(self.socket.receive(timeout)).replace("photos", "photoz")


def numbers(lines: list[str], label: str) -> list[int]:
    """Return the whole numbers behind the label."""
    line = next(line for line in lines if line.startswith(label))
    return [int(found) for found in re.findall(r"\b\d+\b", line)]


def test_the_story_of_an_answer_comes_to_what_it_promises(house: House) -> None:
    ran = house("demo", "ask", "--format", "json")
    asked, counted, window, log = (act["lines"] for act in ran.json["acts"][1:])
    left_out = [numbers([line], "left out") for line in window if line.startswith("left out")]

    assert ran.code == 0
    assert [line for line in asked if line.startswith("assistant")] == [f"assistant   {ANSWER}"]
    assert (numbers(asked, "line"), numbers(asked, "answer")) == ([2, 1, 1], [2, 1, 0])
    assert numbers(asked, "text") == [len(ANSWER.encode())] * 2
    sent, came, _budget = numbers(asked, "tokens")
    assert counted == [f"parcel-desk 1.1.0: 1 success of 1, with {sent + came} tokens"]
    assert [message for first, last, *_ in left_out for message in (first, last)] == list(range(1, 11))
    assert numbers(window, "sent")[0] == len(list(long_talk())) - 10
    assert [line.split()[-2:] for line in log if line.startswith("entry")] == [["complete", "AUDITED"]] * 2


def test_the_story_of_an_answer_is_the_same_through_a_pipe_as_for_a_program(house: House) -> None:
    told = house("demo", "ask", "--format", "json").json["acts"]
    piped = [line.removeprefix("   ") for line in house("demo", "ask").out.splitlines()]

    assert [line for act in told for line in act["lines"] if line not in piped] == []


@pytest.mark.parametrize(
    ("between", "why"),
    [
        (Leaky, "the answer came out whole (it is broken, missing pieces: 4)"),
        (Garbled, "the answer is byte for byte what the platform said"),
    ],
)
def test_control_an_answer_that_lost_something_fails_the_demo(
    house: House, monkeypatch: pytest.MonkeyPatch, between: Callable[[Socket], Socket], why: str
) -> None:
    def through(dial: Dial) -> Dial:
        return lambda handshake: between(dial(handshake))

    story = Story("ask", lambda stage, folder: ask.tell(stage, folder, through))
    monkeypatch.setattr(demo, "STORIES", {"ask": story})

    ran = house("demo", "ask")

    assert (ran.code, ran.err.partition(";")[0]) == (5, f"error: story ask, act 2: it is not so that {why}")


def test_control_a_log_that_keeps_texts_fails_the_demo(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def captured(folder: Path) -> Settings:
        return evolve(settings(folder), conversations=ConversationRules(capture_content=True))

    monkeypatch.setattr(helpline, "settings", captured)

    ran = house("demo", "ask")

    assert ran.code == 5
    assert "act 5: it is not so that no text of a conversation is kept (PX-4471-08, DM-90125" in ran.err


def test_ctrl_c_while_an_answer_streams_on_a_narrow_terminal_leaves_nothing(house: House) -> None:
    folder = house.folder / "tmp"
    folder.mkdir()
    with on_a_terminal("demo", "ask", apart=True, environ={"TMPDIR": str(folder)}) as terminal:
        terminal.shows(b"photos,")
        terminal.process.send_signal(signal.SIGINT)
        _, err = terminal.process.communicate(timeout=30)
    lines = terminal.lines

    assert max(map(len, lines)) < 40
    assert (ANSWER.split()[-1] in lines[-1], terminal.process.returncode) == (False, 130)
    assert (b"Traceback" in err, list(folder.iterdir())) == (False, [])
