"""The demo's story of advice: its numbers agree, and it fails where it would lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import define, evolve

from jackfield.adapters.http import Request, Response, Send
from jackfield.entrypoints.cli.commands import demo
from jackfield.entrypoints.demo import advice
from jackfield.entrypoints.demo.advice_heard import Editors
from jackfield.entrypoints.demo.receiver import new_secret
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.demo.stories import Story
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import AdviceTable
from tests.e2e.command.conftest import House


def test_the_story_of_advice_comes_to_what_it_promises(house: House) -> None:
    ran = house("demo", "advice", "--format", "json")
    grow, click, again, away, heard, log = (act["lines"] for act in ran.json["acts"])

    assert (ran.code, ran.err) == (0, "")
    assert sum(line.startswith("customer ") for line in grow) == 3
    assert click == ["displayed 2, clicked 1: 50 %, with so few between 9 and 91 %"]
    assert again[0] == "cached, 30 s old; 0 calls to the platform"
    assert sum("shown before" in line for line in again) == 2
    assert away[0].startswith("stale, ")
    assert [line.split()[1] for line in heard[:-1]] == ["clicked", "helpful", "dismissed"]
    assert heard[-1].strip() == "3 told, 5 posted, 3 ids; 1 came again and changed nothing"
    assert len(log) == 7


@define(eq=False)
class Forgetful(Editors):
    """Says that it took a webhook, and forgets the last."""

    def take(self, identifier: str, said: dict[str, Any]) -> None:
        """Keep it, unless it is the third."""
        if len(self.taken) < 2:
            super().take(identifier, said)


@define(eq=False)
class Unchecked(Editors):
    """Knows nothing of ids: what comes again is taken again."""

    def take(self, identifier: str, said: dict[str, Any]) -> None:
        """Keep it under a name of its own."""
        self.taken[f"{identifier} {len(self.taken)}"] = said


@define(eq=False)
class Forged(Editors):
    """Expects another signature than the one that was agreed on."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus | None:
        """Answer the first with another secret in mind."""
        agreed, self.secret = self.secret, new_secret() if not self.refused else self.secret
        try:
            return super().answer(headers, body)
        finally:
            self.secret = agreed


@pytest.mark.parametrize(
    ("editors", "untrue"),
    [
        (Forgetful, "all 3 were received (1 are missing)"),
        (Unchecked, "what failed came again"),
        (Forged, "every webhook was signed as agreed"),
    ],
)
def test_control_a_receiver_that_does_not_do_as_agreed_fails_the_demo(
    house: House, monkeypatch: pytest.MonkeyPatch, editors: Callable[[], Editors], untrue: str
) -> None:
    story = Story("advice", lambda stage, folder: advice.tell(stage, folder, editors=editors()))
    monkeypatch.setattr(demo, "STORIES", {"advice": story})

    ran = house("demo", "advice")

    assert (ran.code, f"act 5: it is not so that {untrue}" in ran.err) == (5, True), ran.err


def test_the_story_of_advice_is_the_same_each_time(house: House) -> None:
    first, second = (house("demo", "advice").out for _ in range(2))
    assert first == second


def _once(send: Send) -> Send:
    """A platform that recommends something to the first question alone."""
    asked = list[str]()

    def sent(request: Request) -> Response:
        response = send(request)
        if not request.url.endswith("/query"):
            return response
        asked.append(request.url)
        return response if len(asked) == 1 else evolve(response, body=orjson.dumps({"items": []}))

    return sent


@pytest.mark.parametrize(
    ("through", "untrue"),
    [(_once, "act 1: it is not so that advice follows the transcript")],
)
def test_control_a_platform_that_does_not_listen_fails_the_demo(
    house: House, monkeypatch: pytest.MonkeyPatch, through: Callable[[Send], Send], untrue: str
) -> None:
    story = Story("advice", lambda stage, folder: advice.tell(stage, folder, through))
    monkeypatch.setattr(demo, "STORIES", {"advice": story})

    ran = house("demo", "advice")

    assert (ran.code, untrue in ran.err) == (5, True), ran.err


def test_control_without_a_cache_the_demo_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def uncached(folder: Path) -> Settings:
        return evolve(settings(folder), advice=AdviceTable(table={"cache": "none", "fresh_s": 0.0}))

    monkeypatch.setattr(advice, "settings", uncached)

    ran = house("demo", "advice")

    assert (ran.code, "act 3: it is not so that the cache answers" in ran.err) == (5, True), ran.err
