"""The demo: what its stories come to, that they fail where they would lie, and that nothing is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.routers import Router
from jackfield.entrypoints.cli.commands import demo
from jackfield.entrypoints.demo import hooks
from jackfield.entrypoints.demo.receiver import Receiver, listening
from jackfield.entrypoints.demo.scene import Scene
from jackfield.entrypoints.demo.stage import Stage
from jackfield.entrypoints.demo.stories import STORIES, Story
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


@pytest.mark.parametrize(("story", "act"), [("prompts", "6. "), ("rollouts", "5. ")])
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
