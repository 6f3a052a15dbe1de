"""The demo: what its stories come to, that they fail where they would lie, and that nothing is left."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sockets import Dial, Socket
from jackfield.domain.model.rollouts import Router
from jackfield.entrypoints.cli.commands import demo
from jackfield.entrypoints.demo import ask, helpline, hooks
from jackfield.entrypoints.demo.receiver import Receiver, listening
from jackfield.entrypoints.demo.scene import Scene
from jackfield.entrypoints.demo.stage import Stage, settings
from jackfield.entrypoints.demo.stories import STORIES, Story
from jackfield.entrypoints.demo.talks import ANSWER, long_talk
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.conversations import ConversationRules
from tests.e2e.command.conftest import COMMAND, House


@define(eq=False)
class Forgetful(Receiver):
    """Says that it took a webhook, and forgets the third."""

    forgotten: list[str] = field(factory=list[str])

    def take(self, identifier: str, data: dict[str, Any]) -> None:
        """Keep it, unless it is the third."""
        if identifier in self.forgotten or (len(self.taken) == 2 and not self.forgotten):
            self.forgotten.append(identifier)
        else:
            super().take(identifier, data)


def only_webhooks(stage: Stage, folder: Path, receiver: Receiver) -> None:
    """Tell the act of the webhooks alone."""
    clock = FrozenClock(datetime(2026, 3, 9, 8, tzinfo=UTC))
    with listening(receiver) as url:
        scene = Scene(folder=folder, clock=clock, url=url, secret=receiver.secret)
        with scene.core(Router.LOCAL) as (core, _):
            hooks.tell(stage, core, clock, receiver)


def number(label: str, lines: list[str]) -> int:
    found = re.match(rf"{label} +(\d+) ", next(line for line in lines if line.startswith(label)))
    assert found is not None
    return int(found[1])


def test_the_story_of_rollouts_comes_to_what_it_promises(house: House) -> None:
    ran = house("demo", "rollouts", "--format", "json")
    acts = ran.json["acts"]
    webhooks = acts[-1]["lines"]
    told, attempted, failed, received = (
        number(label, webhooks) for label in ("events", "deliveries", "failed", "received")
    )

    assert ran.code == 0
    assert [line[:20].split()[1] for line in acts[1]["lines"] if " finish " in line] == ["finish"]
    assert "state      live, for 0 s" in acts[1]["lines"]
    assert "state      rolled back, for 0 s" in acts[2]["lines"]
    assert sum("[####" in line for act in acts[1:3] for line in act["lines"]) == 2
    assert "parcel-helper 1.1.0: default" in acts[3]["lines"][0]
    assert (received, attempted - failed) == (told, told)
    assert failed > 0.15 * attempted


def test_control_a_webhook_that_was_lost_fails_the_demo(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Forgetful()
    story = Story("webhooks", lambda stage, folder: only_webhooks(stage, folder, receiver))
    monkeypatch.setattr(demo, "STORIES", {"rollouts": story})

    ran = house("demo", "rollouts")

    assert ran.code == 5
    assert ran.err.startswith("error: story rollouts, act 1: it is not so that all 40 events were received")
    assert "(1 are missing)" in ran.err


def test_a_webhook_that_is_forged_is_not_taken() -> None:
    receiver = Receiver()
    assert (receiver.answer({"webhook-id": "1"}, b"{}"), receiver.taken, receiver.refused) == (401, {}, 1)


def test_an_unknown_story_is_refused_with_those_there_are(house: House) -> None:
    ran = house("demo", "weather")
    assert (ran.code, "'weather' is not one of 'prompts', 'rollouts', 'ask'" in ran.err) == (2, True)


def test_help_lists_every_story(house: House) -> None:
    said = house("demo", "--help").out
    assert [f"{name:<10}{story.summary}" in said for name, story in STORIES.items()] == [True] * len(STORIES)


@pytest.mark.parametrize(("story", "act"), [("prompts", "6. "), ("rollouts", "5. "), ("ask", "4. ")])
def test_ctrl_c_in_a_story_leaves_nothing(house: House, story: str, act: str) -> None:
    folder = house.folder / "tmp"
    folder.mkdir()
    with subprocess.Popen(
        [COMMAND, "demo", story],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and not line.startswith(act):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, "Traceback" in err, list(folder.iterdir())) == (130, False, [])


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
        (Leaky, "the answer came out whole (it is broken, pieces 4 are missing)"),
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
    folder, drawn = house.folder / "tmp", b""
    folder.mkdir()
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with subprocess.Popen(
        [COMMAND, "demo", "ask"],
        stdin=its,
        stdout=its,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder), "TERM": "xterm"},
    ) as process:
        os.close(its)
        while b"photos," not in drawn:
            drawn += os.read(ours, 4_096)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    os.close(ours)
    lines = drawn.decode(errors="replace").replace("\r\n", "\n").splitlines()

    assert max(map(len, lines)) < 40
    assert (ANSWER.split()[-1] in lines[-1], process.returncode) == (False, 130)
    assert (b"Traceback" in err, list(folder.iterdir())) == (False, [])


@given(
    words=st.lists(st.text("abcé-", min_size=1, max_size=12), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 300)),
    columns=st.integers(1, 80),
)
def test_a_line_that_comes_in_parts_is_folded_as_one_that_is_there(
    words: list[str], cuts: list[int], columns: int
) -> None:
    line = f"   said  {' '.join(words)}"
    places = sorted({0, *(cut for cut in cuts if cut < len(line)), len(line)})
    parts = [line[start:end] for start, end in pairwise(places)]

    assert "".join(demo.flowing(parts, columns)) == demo.folded(line, columns)


@pytest.mark.parametrize("columns", [1, 20, 40, 60])
def test_a_line_is_folded_between_words(columns: int) -> None:
    line = "   refused: 1.1.0 is live, not 1.0.0: somebody moved it; look and decide again"
    lines = demo.folded(line, columns).splitlines()

    assert max(map(len, lines)) < max(columns, 20)
    assert " ".join(each.strip() for each in lines) == line.strip()
    assert {each[:5] for each in lines[1:]} == {"     "}


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert demo.folded("   harm       [####......]", 60) == "   harm       [####......]"
