"""`jackfield ask`: what was said before, and what of it is left out."""

from __future__ import annotations

import json

import pytest

from tests.e2e.command.asking.conftest import Asking, sent
from tests.e2e.command.conftest import Ran
from tests.e2e.command.speaking import Speaking

TURNS = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Yes?"}]


@pytest.mark.parametrize("text", ["\n".join(map(json.dumps, TURNS)), json.dumps(TURNS, indent=2)])
def test_history_is_json_lines_or_a_list(ask: Asking, platform: Speaking, text: str) -> None:
    (ask.house.folder / "h.jsonl").write_text(text, encoding="utf-8")
    ask("--history", "h.jsonl")
    assert sent(platform)[1:] == [("user", "hi"), ("assistant", "Yes?"), ("user", "Where is my refund?")]


def test_every_problem_of_a_history_is_told_with_its_line(ask: Asking, platform: Speaking) -> None:
    lines = (
        '{"role": "user"}',
        '{"role": "bot", "content": "x"}',
        "",
        "nonsense",
        '{"role": "user", "content": 7}',
    )
    (ask.house.folder / "h.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ran = ask("--history", "h.jsonl")
    assert (ran.code, platform.questions) == (1, [])
    told = [line.strip().split(" ")[0] for line in ran.err.splitlines()[1:]]
    assert told == ["h.jsonl:1:", "h.jsonl:2:", "h.jsonl:4:", "h.jsonl:5:"]


def test_what_is_left_out_of_a_history_is_told(ask: Asking) -> None:
    old = [{"role": "user", "content": "x" * 300}, {"role": "assistant", "content": "y" * 300}]
    (ask.house.folder / "h.jsonl").write_text(json.dumps([*old, *TURNS]), encoding="utf-8")
    ran = ask("--history", "h.jsonl", "--input", "120")
    assert ran.err.startswith(
        "left out: 2 message(s) of the history, [0] to [1], 204 tokens: it takes 204 tokens of "
    )


def left_out(ask: Asking, count: int) -> Ran:
    old = [{"role": "user", "content": "x" * 300}, {"role": "assistant", "content": "y" * 300}] * count
    (ask.house.folder / "h.jsonl").write_text(json.dumps([*old, *TURNS]), encoding="utf-8")
    return ask("--history", "h.jsonl", "--input", "120")


def test_a_long_history_that_is_left_out_is_one_line(ask: Asking) -> None:
    lines = left_out(ask, 30).err.splitlines()
    assert lines[0].startswith(
        "left out: 60 message(s) of the history, [0] to [59], 6120 tokens: it takes 204 tokens of "
    )
    assert [line for line in lines[1:] if "left out" in line] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"role": "user", "content": "a"}\n{"role": "system", "content": "b"}',
            "h.jsonl:2: it is a system ",
        ),
        ('[{"role": "system", "content": "b"}]', "h.jsonl[0]: it is a system message"),
        ('[{"role": "user",\n "content":}]', "h.jsonl: this is not JSON: Expecting value, line 2, column 12"),
    ],
)
def test_what_is_wrong_with_a_history_is_told_by_its_place(ask: Asking, text: str, message: str) -> None:
    (ask.house.folder / "h.jsonl").write_text(text, encoding="utf-8")
    ran = ask("--history", "h.jsonl")
    assert (ran.code, message in ran.err, ran.err.count("mend it there") < 2) == (1, True, True)
