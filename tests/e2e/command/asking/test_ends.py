"""`jackfield ask`: how an answer ends that does not come out whole."""

from __future__ import annotations

import os
import signal

import pytest

from tests import forks
from tests.e2e.command.asking.conftest import USER, Asking
from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.gates import running
from tests.e2e.command.speaking import ANSWER, ASSISTANT, SLOW, Speaking, at_once


def test_an_answer_over_its_budget_is_cut_and_said(ask: Asking) -> None:
    ran = ask("--output", "4")
    assert (ran.code, ran.out, ANSWER.startswith(ran.out)) == (7, ran.out, True)
    assert ran.err.startswith(("length (", "budget ("))


def test_an_answer_that_safety_stopped_is_said(ask: Asking, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("I should not", safety=True))
    ran = ask()
    assert (ran.code, ran.err.startswith("safety (")) == (7, True)


def test_an_answer_that_broke_is_said(ask: Asking, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("Half of", error="internal.server.error"))
    ran = ask()
    assert (ran.code, ran.out, ran.err.startswith("broken (internal.server.error")) == (7, "Half of", True)


def test_a_line_that_is_cut_is_taken_up_again(ask: Asking, platform: Speaking) -> None:
    platform.faults.next("GET", "**", "stream-1006", after=2)
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)
    assert "resumed: 1" in ran.err


def test_an_unknown_assistant_is_refused(house: House, platform: Speaking) -> None:
    ran = house("ask", "nobody", "refund.prompt", *USER)
    assert (ran.code, ran.out) == (3, "")
    assert house.audited() == [("assistant.ask", "intended"), ("assistant.ask", "failed")]


def test_a_lost_answer_is_told_and_never_asked_for_twice(ask: Asking, platform: Speaking) -> None:
    platform.faults.next("POST", "/api/v2/ai/assistants/**", "drop-after")
    ran = ask()
    assert (ran.code, len(platform.questions)) == (5, 1)
    assert ask.house.audited() == [("assistant.ask", "intended")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_the_answer_and_the_log_says_so(
    house: House, platform: Speaking, number: signal.Signals, code: int
) -> None:
    with running(house.folder, COMMAND, "ask", SLOW, "refund.prompt", *USER) as process:
        out = process.process.stdout
        assert out is not None
        first = out.read(1)
        process.send(number)
        ran = process.ends()
    assert (ran.code, first, "Traceback" in ran.err) == (code, "O", False)
    assert ran.err.strip() == "interrupted; the answer was canceled, and the audit log says so"
    last = house("audit", "list", "--format", "json").json["entries"][-1]
    assert (last["payload"]["end"], last["payload"]["compliance"]) == ("canceled", "INCOMPLETE")


def test_a_deadline_ends_an_answer_that_stalls(house: House, platform: Speaking) -> None:
    ran = house("ask", SLOW, "refund.prompt", *USER, "--deadline", "1s")
    assert (ran.code, ran.err.startswith("broken (deadline")) == (7, True)
    assert ran.out.startswith("One ")


def test_a_reader_who_leaves_cancels_the_answer(house: House, platform: Speaking) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        line = (COMMAND, "ask", SLOW, "refund.prompt", *USER)
        done = forks.run(*line, cwd=house.folder, env=os.environ, stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode == 141
    last = house("audit", "list", "--format", "json").json["entries"][-1]
    assert last["payload"]["end"] == "canceled"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("504", "the platform failed with 504"),
        ("drop-after", ""),
        ("garbage", "the platform's answer names no conversation"),
    ],
)
def test_a_question_of_which_nobody_knows_says_so(
    ask: Asking, platform: Speaking, fault: str, reason: str
) -> None:
    platform.faults.next("POST", "/api/v2/ai/assistants/**", fault)
    ran = ask()
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith("error: assistant 'refunds': nobody knows whether the question was asked: ")
    words = (reason, "nothing was sent again", "'jackfield audit list'", "look there before you ask again")
    assert [word for word in words if word not in ran.err] == []
    assert "try again" not in ran.err


def test_an_unknown_assistant_is_named(house: House, platform: Speaking) -> None:
    ran = house("ask", "nobody", "refund.prompt", *USER)
    assert ran.err.startswith("error: assistant: there is no assistant 'nobody'; take its id from ")
    assert "api/v2" not in ran.err
