"""`jackfield ask`: what is on standard output, on standard error, and on a terminal."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.command.asking.conftest import USER, Asking
from tests.e2e.command.conftest import COMMAND, House, keys
from tests.e2e.command.gates import running
from tests.e2e.command.speaking import ANSWER, ASSISTANT, SLOW, Speaking, at_once
from tests.e2e.command.terminals import drawn_on_a_terminal


def test_the_answer_is_standard_output_and_nothing_else(ask: Asking) -> None:
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)


def test_what_it_took_is_told_on_standard_error(ask: Asking) -> None:
    lines = ask().err.splitlines()
    assert lines[0].startswith("complete: ")
    assert "tokens in, 16 out (counted by the platform); first piece after " in lines[0]
    assert lines[1].startswith("refund 1.0.0 (from its file, unpublished), conversation conv-")


def test_settings_of_the_question_are_sent(ask: Asking, platform: Speaking) -> None:
    ask("--output", "77", "--temperature", "0.7")
    assert platform.questions[0]["settings"] == {
        "maxTokens": 77,
        "temperature": 0.7,
        "safetyPolicy": "strict",
    }


def test_json_is_one_object_at_the_end(ask: Asking) -> None:
    found = ask("--format", "json").json
    assert (found["text"], found["end"], found["exact"]) == (ANSWER, "complete", True)
    assert keys(found) == [
        "text", "end", "detail", "assistant", "conversation", "prompt", "version", "choice", "prompt_tokens",
        "completion_tokens", "exact", "injection_s", "first_piece_s", "took_s", "tokens_per_second",
        "examples", "summarized", "dropped", "gaps", "repeats", "resumes",
    ]  # fmt: skip


def test_pieces_are_written_as_they_come(house: House, platform: Speaking) -> None:
    with running(house.folder, COMMAND, "ask", SLOW, "refund.prompt", *USER) as process:
        out = process.process.stdout
        assert out is not None
        assert out.read(4) == "One "  # the next is an hour away
        process.send(signal.SIGINT)
        process.ends()


def test_a_terminal_gets_a_line_end_and_no_escapes(house: House, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("red \x1b[31m text\nmore"))
    drawn = drawn_on_a_terminal(house, "ask", ASSISTANT, "refund.prompt", *USER)
    assert drawn.startswith("red ?[31m text\nmore\n")


def test_a_pipe_gets_the_exact_text(ask: Asking, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("ünï\n\nlines \x1b[31m\n"))
    assert ask().out == "ünï\n\nlines \x1b[31m\n"


@pytest.mark.parametrize(
    ("assistant", "became"), [(SLOW, "the answer was canceled"), (ASSISTANT, "the question was asked, ")]
)
def test_an_answer_that_cannot_be_written_is_not_called_done(
    house: House, platform: Speaking, assistant: str, became: str
) -> None:
    ran = house.apart_by_shell(f"{COMMAND} ask {assistant} refund.prompt --user When > /dev/full")
    told = ran.err.splitlines()[-1]
    assert (ran.code, became in told, "is done" in told) == (5, True, False)
    assert told.startswith("error: the output cannot be written (No space left on device); the question was ")


def test_the_report_begins_a_line_where_both_outputs_are_one(house: House, platform: Speaking) -> None:
    both = f"{COMMAND} ask {ASSISTANT} refund.prompt --user When > both.txt 2>&1"
    assert house.apart_by_shell(both).code == 0
    assert (house.folder / "both.txt").read_text().startswith(f"{ANSWER}\ncomplete: ")
    apart = f"{COMMAND} ask {ASSISTANT} refund.prompt --user When > answer.txt"
    assert house.apart_by_shell(apart).err.startswith("complete: ")
    assert (house.folder / "answer.txt").read_text() == ANSWER


def test_more_tokens_than_any_window_has_are_wrong_usage(ask: Asking) -> None:
    ran = ask("--output", "40000")
    assert (ran.code, "'--output'" in ran.err, "1<=x<=32000" in ran.err) == (2, True, True)


def test_the_report_folds_between_words_on_a_narrow_terminal(house: House, platform: Speaking) -> None:
    lines = drawn_on_a_terminal(house, "ask", ASSISTANT, "refund.prompt", *USER, columns=60).splitlines()
    report = lines[lines.index(ANSWER) + 1 :]
    assert len(report) > 2
    assert [line for line in report if len(line) > 60] == []
    assert " ".join(" ".join(report).split()).count("counted by the platform") == 1
