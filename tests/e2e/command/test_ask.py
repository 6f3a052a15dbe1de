"""`jackfield ask`: the answer on standard output as it comes, and everything else beside it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest

from jackfield.domain.model.canonical import canonical
from tests.e2e.command.conftest import COMMAND, House, Ran, keys
from tests.e2e.command.gates import running
from tests.e2e.command.speaking import ANSWER, ASSISTANT, SLOW, Speaking, at_once, speaking
from tests.e2e.command.test_terminal import on_a_terminal

PROMPT = """\
---
name: refund
version: 1.0.0
model: gpt-small
max_tokens: 512
variables:
  - name: tier
    default: any
  - name: orders
    type: number
    default: 0
  - name: vip
    type: boolean
    default: false
  - name: tags
    type: array
    default: []
---
You help {{tier}} customers with {{orders}} orders, vip {{vip}}, {{tags}}.
"""
OWN = PROMPT.replace("name: refund", "name: own") + "--- user\nThe {{tier}} customer asks for a refund.\n"
USER = ("--user", "Where is my refund?")


@pytest.fixture(scope="module")
def served() -> Iterator[Speaking]:
    with speaking() as where:
        yield where


@pytest.fixture
def platform(served: Speaking, house: House, monkeypatch: pytest.MonkeyPatch) -> Speaking:
    """A target on that platform, and two prompt files."""
    house.settings(
        f'[targets.prod]\nplatform = "genesys"\nbase_url = "{served.url}"\n[calls]\nunreached_base_s = 0.01\n'
    )
    monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
    (house.folder / "refund.prompt").write_text(PROMPT, encoding="utf-8")
    (house.folder / "own.prompt").write_text(OWN, encoding="utf-8")
    served.bodies.clear()
    served.faults.clear()
    served.platform.forget_scripts()
    served.platform.reset()
    return served


class Asking:
    """Asks with the prompt's file, of this process."""

    def __init__(self, house: House) -> None:
        self.house = house

    def __call__(self, *options: str, prompt: str = "refund.prompt", user: tuple[str, ...] = USER) -> Ran:
        return self.house("ask", ASSISTANT, prompt, *user, *options)


@pytest.fixture
def ask(house: House, platform: Speaking) -> Asking:
    return Asking(house)


def sent(platform: Speaking) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in platform.questions[-1]["messages"]]


def test_the_answer_is_standard_output_and_nothing_else(ask: Asking) -> None:
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)


def test_what_it_took_is_told_on_standard_error(ask: Asking) -> None:
    lines = ask().err.splitlines()
    assert lines[0].startswith("complete: ")
    assert "tokens in, 16 out (counted by the platform); first piece after " in lines[0]
    assert lines[1].startswith("refund 1.0.0 (from its file, unpublished), conversation conv-")


def test_values_have_the_types_of_their_variables(ask: Asking, platform: Speaking) -> None:
    ask("--set", "tier=7", "--set", "orders=3", "--set", "vip=true", "--set", 'tags=["a", 1]')
    assert sent(platform)[0] == ("system", 'You help 7 customers with 3 orders, vip true, ["a",1].')


def test_values_that_are_not_of_their_type_are_all_told(ask: Asking, platform: Speaking) -> None:
    ran = ask("--set", "orders=three", "--set", "vip=yes", "--set", "tags=a")
    assert (ran.code, platform.questions) == (1, [])
    assert [word in ran.err for word in ("'orders' is not a finite", "'vip' is not true", "'tags' is not an")]


@pytest.mark.parametrize("given", ["tier", "=gold", ""])
def test_a_value_without_a_name_is_wrong_usage(ask: Asking, given: str) -> None:
    ran = ask("--set", given)
    assert (ran.code, "a value is given as NAME=VALUE" in ran.err) == (2, True)


def test_a_value_that_is_set_twice_is_wrong_usage(ask: Asking) -> None:
    assert ask("--set", "tier=a", "--set", "tier=b").code == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", '{"tier": "gold", "orders": 2}'),
        ("v.yaml", "tier: gold\norders: 2\n"),
        ("v.toml", 'tier = "gold"\norders = 2\n'),
    ],
)
def test_values_come_from_a_file_and_those_set_win(
    ask: Asking, platform: Speaking, name: str, text: str
) -> None:
    (ask.house.folder / name).write_text(text, encoding="utf-8")
    ask("--var-file", name, "--set", "orders=5")
    assert sent(platform)[0][1].startswith("You help gold customers with 5 orders")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("v.json", '{"tier": NaN}', "NaN is no JSON number"),
        ("v.json", '{"tier": "a", "tier": "b"}', "it has a key twice"),
        ("v.json", '{"tier": "\\ud800"}', "half of a surrogate pair"),
        ("v.json", "[" * 100_000, "nested too deeply"),
        ("v.json", '["gold"]', "it is no mapping"),
        ("v.yaml", "tier: &a gold", "an anchor is not allowed"),
        ("v.toml", "tier = gold", "this is not TOML"),
        ("v.txt", "tier", "its name does not tell what it is"),
        ("v.json", "", "it is empty"),
    ],
)
def test_a_file_that_holds_no_values_is_told(ask: Asking, name: str, text: str, message: str) -> None:
    (ask.house.folder / name).write_text(text, encoding="utf-8")
    ran = ask("--var-file", name)
    assert (ran.code, message in ran.err, "Traceback" in ran.err) == (1, True, False)


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


def test_a_prompts_own_user_text_needs_no_other(house: House, platform: Speaking) -> None:
    ran = house("ask", ASSISTANT, "own.prompt", "--set", "tier=gold")
    assert (ran.code, sent(platform)[1]) == (0, ("user", "The gold customer asks for a refund."))


def test_the_user_is_read_from_standard_input(house: House, platform: Speaking) -> None:
    ran = house.apart_by_shell(
        f"printf 'Wo ist\\nes? \\xc3\\xa4\\n' | {COMMAND} ask {ASSISTANT} refund.prompt"
    )
    assert (ran.code, sent(platform)[1]) == (0, ("user", "Wo ist\nes? ä"))


@pytest.mark.parametrize(
    ("before", "message"),
    [("printf ''", "user: it is empty"), (r"printf '\377'", "standard input: it is not UTF-8: byte 1")],
)
def test_a_standard_input_that_says_nothing_is_told(
    house: House, platform: Speaking, before: str, message: str
) -> None:
    ran = house.apart_by_shell(f"{before} | {COMMAND} ask {ASSISTANT} refund.prompt --user -")
    assert (ran.code, message in ran.err, ran.out) == (1, True, "")


def test_a_published_prompt_is_asked_with_by_its_name(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ran = ask("--unit", "customer-7", prompt="refund")
    assert (ran.code, "refund 1.0.0 (default), conversation" in ran.err) == (0, True)


def test_a_pin_keeps_a_conversations_version(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    pin = ask("--format", "json", "--unit", "c", prompt="refund").json["choice"]["pin"]
    (house.folder / "refund.prompt").write_text(
        PROMPT.replace("1.0.0", "1.1.0") + "More.\n", encoding="utf-8"
    )
    house("publish", "refund.prompt", "--promote")
    found = ask("--format", "json", "--unit", "c", "--pin", pin, prompt="refund").json
    assert (found["version"], found["choice"]["reason"]) == ("1.0.0", "pinned")


def test_a_version_that_is_named_is_asked_with(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    found = ask("--format", "json", "--version", "1.0.0", prompt="refund").json
    assert found["choice"]["reason"] == "forced"
    assert ask("--version", "9.9.9", prompt="refund").code == 3


def test_a_file_has_one_version(ask: Asking) -> None:
    assert ask("--version", "1.0.0").code == 2


CATALOG = (
    '{"id": "e1", "input": "where is my refund", "output": "On its way.", "category": "refund"}\n'
    '{"id": "e2", "input": "cancel the order", "output": "Done.", "category": "order"}\n'
)


def test_the_catalog_beside_a_prompts_file_is_taken(ask: Asking, platform: Speaking) -> None:
    (ask.house.folder / "refund.examples.jsonl").write_text(CATALOG, encoding="utf-8")
    found = ask("--format", "json").json
    assert found["examples"] == ["e1"]
    assert "Reference Examples:\nExample Input: where is my refund" in sent(platform)[0][1]


@pytest.mark.parametrize(("select", "chosen"), [("rotation", ["e2"]), ("sample", ["e2"]), ("lexical", [])])
def test_a_catalog_that_is_named_is_chosen_from(ask: Asking, select: str, chosen: list[str]) -> None:
    (ask.house.folder / "my.jsonl").write_text(CATALOG, encoding="utf-8")
    options = ("--examples", "my.jsonl", "--category", "order", "--select", select, "--format", "json")
    assert ask(*options, user=("--user", "hello")).json["examples"] == chosen


def test_a_catalog_with_problems_is_told_by_its_lines(ask: Asking, platform: Speaking) -> None:
    (ask.house.folder / "refund.examples.jsonl").write_text('{"id": "e1"}\n{}\n', encoding="utf-8")
    ran = ask()
    assert (ran.code, platform.questions) == (1, [])
    assert "refund.examples.jsonl:2: id: it is missing" in ran.err


def test_a_category_needs_a_catalog(ask: Asking) -> None:
    assert ask("--category", "refund").code == 2


def test_settings_of_the_question_are_sent(ask: Asking, platform: Speaking) -> None:
    ask("--output", "77", "--temperature", "0.7")
    assert platform.questions[0]["settings"] == {
        "maxTokens": 77,
        "temperature": 0.7,
        "safetyPolicy": "strict",
    }


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


def test_json_is_one_object_at_the_end(ask: Asking) -> None:
    found = ask("--format", "json").json
    assert (found["text"], found["end"], found["exact"]) == (ANSWER, "complete", True)
    assert keys(found) == [
        "text", "end", "detail", "assistant", "conversation", "prompt", "version", "choice", "prompt_tokens",
        "completion_tokens", "exact", "injection_s", "first_piece_s", "took_s", "tokens_per_second",
        "examples", "summarized", "dropped", "gaps", "repeats", "resumes",
    ]  # fmt: skip


def test_an_unknown_assistant_is_refused(house: House, platform: Speaking) -> None:
    ran = house("ask", "nobody", "refund.prompt", *USER)
    assert (ran.code, ran.out) == (3, "")
    assert house.audited() == [("assistant.ask", "intended"), ("assistant.ask", "failed")]


def test_a_lost_answer_is_told_and_never_asked_for_twice(ask: Asking, platform: Speaking) -> None:
    platform.faults.next("POST", "/api/v2/ai/assistants/**", "drop-after")
    ran = ask()
    assert (ran.code, len(platform.questions)) == (5, 1)
    assert ask.house.audited() == [("assistant.ask", "intended")]


@pytest.fixture
def full(house: House, platform: Speaking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger takes a question, and nothing more while it is on its way."""

    def fill() -> None:
        (path,) = house.folder.rglob("ledger.db")
        with closing(sqlite3.connect(path)) as ledger:
            ledger.execute(
                "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
            )

    monkeypatch.setattr(platform.platform, "meanwhile", fill)


def test_an_answer_that_cannot_be_recorded_is_written_all_the_same(ask: Asking, full: None) -> None:
    ran = ask()
    assert (ran.code, ran.out) == (5, ANSWER)
    assert "complete: " in ran.err
    assert "the answer that was shown could not be recorded: " in ran.err.splitlines()[-1]
    assert ask.house.audited() == [("assistant.ask", "intended")]


def test_json_is_written_too_and_standard_error_tells_that_it_is_not_recorded(
    ask: Asking, full: None
) -> None:
    ran = ask("--format", "json")
    assert (ran.code, ran.json["text"], json.loads(ran.err)["error"]["type"]) == (5, ANSWER, "OutcomeUnknown")


def test_the_hash_in_the_log_is_of_the_messages_that_the_platform_got(
    ask: Asking, platform: Speaking
) -> None:
    ask("--set", "tier=gö\nld", user=("--user", 'a "quoted" — text'))
    (record,) = ask.house("audit", "list", "--records").json["records"]
    messages = platform.questions[0]["messages"]
    assert record["promptHash"] == hashlib.sha256(canonical(messages).encode()).hexdigest()


def test_the_log_has_the_record_that_others_know(ask: Asking, platform: Speaking) -> None:
    ask()
    (record,) = ask.house("audit", "list", "--records").json["records"]
    assert {name: record[name] for name in ("eventType", "assistantId", "userId", "complianceStatus")} == {
        "eventType": "AI_PROMPT_INJECTION",
        "assistantId": ASSISTANT,
        "userId": "mina",
        "complianceStatus": "AUDITED",
    }
    assert keys(record)[0] == "timestamp"
    assert record["conversationId"].startswith("conv-")


def test_questions_with_a_prompt_are_listed_and_erased_with_it(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ask(prompt="refund")
    ask(prompt="own.prompt", user=())
    listed = house("audit", "list", "--prompt", "refund", "--format", "json").json["entries"]
    assert [e["type"] for e in listed] == ["prompt.publish"] * 2 + ["assistant.ask"] * 2
    assert house("audit", "erase", "--prompt", "refund", "--format", "json").json == {"erased": 4}
    left = house("audit", "list", "--format", "json").json["entries"]
    assert [e["payload"] is None for e in left if e["type"] == "assistant.ask"] == [True, True, False, False]
    assert house("audit", "verify").code == 0


def test_questions_of_a_prompt_that_was_never_published_are_found_by_its_name(
    house: House, ask: Asking
) -> None:
    ask()
    assert len(house("audit", "list", "--prompt", "refund", "--format", "json").json["entries"]) == 2


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
        done = subprocess.run(
            [COMMAND, "ask", SLOW, "refund.prompt", *USER],
            cwd=house.folder,
            stdout=writing,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 141
    last = house("audit", "list", "--format", "json").json["entries"][-1]
    assert last["payload"]["end"] == "canceled"


def test_pieces_are_written_as_they_come(house: House, platform: Speaking) -> None:
    with running(house.folder, COMMAND, "ask", SLOW, "refund.prompt", *USER) as process:
        out = process.process.stdout
        assert out is not None
        assert out.read(4) == "One "  # the next is an hour away
        process.send(signal.SIGINT)
        process.ends()


def test_a_terminal_gets_a_line_end_and_no_escapes(house: House, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("red \x1b[31m text\nmore"))
    drawn = on_a_terminal(house, "ask", ASSISTANT, "refund.prompt", *USER)
    assert drawn.startswith("red ?[31m text\nmore\n")


def test_a_pipe_gets_the_exact_text(ask: Asking, platform: Speaking) -> None:
    platform.platform.script(ASSISTANT, at_once("ünï\n\nlines \x1b[31m\n"))
    assert ask().out == "ünï\n\nlines \x1b[31m\n"


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


def test_a_pin_that_is_ignored_is_told(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    ran = ask("--unit", "c", "--pin", "xxx", prompt="refund")
    assert ran.err.startswith("warning: the pin was ignored: unknown format; ")
    found = ask("--format", "json", "--unit", "c", "--pin", "xxx", prompt="refund").json
    assert found["choice"]["ignored"] == "unknown format"


def test_the_log_tells_a_file_from_what_was_published(house: House, ask: Asking) -> None:
    house("publish", "refund.prompt")
    (house.folder / "refund.prompt").write_text(PROMPT + "More.\n", encoding="utf-8")
    ask(prompt="refund")
    ask(prompt="refund.prompt")
    entries = house("audit", "list", "--format", "json").json["entries"]
    asked = [e["payload"] for e in entries if (e["type"], e["outcome"]) == ("assistant.ask", "intended")]
    assert [each["published"] for each in asked] == [True, False]
    assert len({each["content_hash"] for each in asked}) == 2


def test_a_value_with_a_control_character_is_named(ask: Asking) -> None:
    ran = ask("--set", "tier=a\x01")
    assert (ran.code, ran.err.startswith("error: value 'tier': it holds a control character")) == (1, True)


def test_more_tokens_than_any_window_has_are_wrong_usage(ask: Asking) -> None:
    ran = ask("--output", "40000")
    assert (ran.code, "'--output'" in ran.err, "1<=x<=32000" in ran.err) == (2, True, True)


@pytest.mark.parametrize("option", [("--select", "rotation"), ("--count", "3")])
def test_how_examples_are_chosen_needs_a_catalog(ask: Asking, option: tuple[str, str]) -> None:
    ran = ask(*option)
    assert (ran.code, f"{option[0]} needs a catalog" in ran.err) == (2, True)


def test_texts_that_no_redactor_could_have_are_told_and_not_kept(
    house: House, platform: Speaking, ask: Asking
) -> None:
    settings = (house.folder / "jackfield.toml").read_text(encoding="utf-8")
    house.settings(f'{settings}[conversations]\ncapture_content = true\n[plugins]\nallow = ["ghost"]\n')
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)
    last = ran.err.splitlines()[-1]
    assert last.startswith(
        "plugins: ghost (1 failed, 3 lost: [plugins] allow names it, and it is not installed"
    )
    assert "3 text(s) not kept in the audit log" in last
    told = json.loads(ask("--format", "json").err.splitlines()[-1])
    assert (told["not_kept"], [each["name"] for each in told["plugins"]]) == (3, ["ghost"])
    records = house("audit", "list", "--records").json["records"]
    assert [each["complianceStatus"] for each in records[-1:]] == ["INCOMPLETE"]


def test_what_an_endpoint_of_telemetry_refused_is_told_when_the_command_ends(
    house: House, platform: Speaking, ask: Asking
) -> None:
    assert "plugins: " not in ask().err
    settings = (house.folder / "jackfield.toml").read_text(encoding="utf-8")
    endpoint = (
        f'[deliveries]\nallow = ["127.0.0.1"]\n[plugins.telemetry]\nendpoint = "{platform.url}/nowhere"\n'
    )
    house.settings(f"{settings}{endpoint}")
    ran = ask()
    assert (ran.code, ran.out) == (0, ANSWER)
    assert ran.err.splitlines()[-1].startswith("plugins: telemetry (1 failed: jackfield_measure: ")


def test_the_list_of_the_log_says_how_each_answer_ended(house: House, ask: Asking) -> None:
    ask()
    ask("--output", "3")
    listed = house("audit", "list").out
    assert "assistant.ask succeeded: complete" in listed
    assert "assistant.ask succeeded: length" in listed or "assistant.ask succeeded: budget" in listed


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


def test_the_report_folds_between_words_on_a_narrow_terminal(house: House, platform: Speaking) -> None:
    lines = on_a_terminal(house, "ask", ASSISTANT, "refund.prompt", *USER, columns=60).splitlines()
    report = lines[lines.index(ANSWER) + 1 :]
    assert len(report) > 2
    assert [line for line in report if len(line) > 60] == []
    assert " ".join(" ".join(report).split()).count("counted by the platform") == 1
