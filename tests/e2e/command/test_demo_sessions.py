"""The demo's story of sessions: its numbers agree, it fails where it would lie, it fits a narrow terminal."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import pytest
from attrs import define, evolve

from jackfield.entrypoints.cli.commands import demo
from jackfield.entrypoints.demo import frontdesk, sessions
from jackfield.entrypoints.demo.crm import KEY, Crm
from jackfield.entrypoints.demo.people import ADA, BEN
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.demo.stories import Story
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.conversations import ConversationRules
from tests.e2e.command.conftest import House
from tests.e2e.command.terminals import on_a_terminal


@define(eq=False)
class Forgetful(Crm):
    """Says that it made a case, and forgets the second."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        status = super().answer(headers, body)
        if len(self.cases) == 2:
            self.cases.pop(headers[KEY], None)
        return status


@define(eq=False)
class Doubling(Crm):
    """Makes a case of every call, whatever its key."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        status = super().answer({KEY: f"call {self.tries}"}, body)
        return HTTPStatus.SERVICE_UNAVAILABLE if self.tries == 2 else status


def test_the_story_of_sessions_comes_to_what_it_promises(house: House) -> None:
    ran = house("demo", "sessions", "--format", "json")
    begin, ada, ben, ends, crm, why, report = (act["lines"] for act in ran.json["acts"])

    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[:2] for line in begin] == [
        ["Ada", "active,"],
        ["Ben", "active,"],
        ["Cleo", "handing"],
    ]
    assert [line.rpartition(" ")[2] for line in ada if "mood" in line] == ["proceed"] * len(ADA.says)
    assert [line.partition(": ")[2].split()[0] for line in ben if "mood" in line][:2] == [
        "clarify",
        "escalate",
    ]
    assert [text for text in BEN.says if f"Ben   {text}" not in ben] == []
    assert ends[:2] == [
        "forged    answered 401: the signature is not by our secret, or the content was changed",
        "webhooks  6 came: 3 x accepted 200, 3 x repeat 200",
    ]
    assert crm[1:] == [
        "sent      4 calls: the CRM was away for 1, which came again",
        "the CRM   has 3 cases, one a session",
    ]
    assert "then it would be: escalate" in why[1]
    assert report[1] == "bot       contained 50 %, for good 50 %"


def test_the_story_of_sessions_is_the_same_each_time(house: House) -> None:
    first, second = (house("demo", "sessions").out for _ in range(2))
    assert first == second


@pytest.mark.parametrize("crm", [Forgetful, Doubling])
def test_control_a_crm_with_another_count_fails_the_demo(
    house: House, monkeypatch: pytest.MonkeyPatch, crm: type[Crm]
) -> None:
    story = Story("crm", lambda stage, folder: sessions.tell(stage, folder, crm()))
    monkeypatch.setattr(demo, "STORIES", {"sessions": story})

    ran = house("demo", "sessions")

    assert ran.code == 5
    assert "act 5: it is not so that the CRM has one case of each session" in ran.err


def test_control_a_log_that_keeps_words_fails_the_demo(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def captured(folder: Path) -> Settings:
        return evolve(settings(folder), conversations=ConversationRules(capture_content=True))

    monkeypatch.setattr(frontdesk, "settings", captured)

    ran = house("demo", "sessions")

    assert ran.code == 5
    assert "act 7: it is not so that the log has no word of theirs (PX-4471-08, PX-9902-31" in ran.err


def test_the_story_of_sessions_fits_a_narrow_terminal(house: House) -> None:
    folder = house.folder / "tmp"
    folder.mkdir()
    with on_a_terminal("demo", "sessions", apart=True, environ={"TMPDIR": str(folder)}) as terminal:
        terminal.shows(b"Yours next")
        terminal.process.communicate(timeout=30)
    ended = terminal.process.returncode

    assert (max(map(len, terminal.lines)) < 40, ended, list(folder.iterdir())) == (True, 0, [])
