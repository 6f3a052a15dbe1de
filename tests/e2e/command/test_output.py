"""What the command writes: for people, for programs, and as help."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from tests.e2e.command.conftest import House, keys

COMMANDS = (
    "check", "plan", "apply", "publish", "promote", "rollback", "unfreeze", "status", "log", "diff",
    "audit", "audit list", "audit verify", "audit export", "simulate", "demo",
)  # fmt: skip
VIEWS = {
    "check greeting-1.0.0.prompt": ["files", "problems"],
    "publish greeting-1.1.0.prompt": ["published"],
    "promote greeting 1.1.0": ["name", "before", "live", "changed", "frozen", "findings"],
    "rollback greeting --to 1.1.0": ["name", "before", "live", "changed", "frozen", "findings"],
    "unfreeze greeting": ["name", "cleared"],
    "status": ["target", "prompts"],
    "status greeting": ["target", "prompts"],
    "log greeting": ["name", "log"],
    "apply greeting-1.0.0.prompt": ["prompts"],
    "diff greeting 1.1.0": ["name", "differs", "lines", "words"],
    "audit list": ["entries"],
    "audit verify": ["entries", "head", "detached", "anchors"],
}
STATUS = [
    "name", "live", "since", "by", "how", "why", "source", "freshness", "age_s", "trouble", "versions",
    "platform", "frozen", "rollout", "split", "pending",
]  # fmt: skip
ENTRY = [
    "position", "id", "time", "organization", "kind", "name", "type", "outcome", "actor", "reason",
    "correlation_id", "payload", "payload_hash", "previous", "hash", "deliveries",
]  # fmt: skip
ERROR = ["type", "message", "place", "remedy", "exit_code", "correlation_id", "problems"]


@pytest.fixture
def two(house: House) -> House:
    house.publish("1.0.0", "1.1.0")
    return house


@pytest.mark.parametrize("line", VIEWS)
def test_json_has_the_keys_that_programs_read(two: House, line: str) -> None:
    ran = two(*line.split(), "--format", "json")

    assert (ran.code, ran.err, keys(ran.json)) == (0, "", VIEWS[line])


def test_a_prompts_status_has_its_keys(two: House) -> None:
    prompt = two("status", "--format", "json").json["prompts"][0]

    assert (keys(prompt), keys(prompt["platform"])) == (STATUS, ["version", "drift", "trouble", "answered"])


def test_an_audit_entry_has_its_keys(two: House) -> None:
    entry = two("audit", "list", "--format", "json").json["entries"][0]

    assert keys(entry) == ENTRY


def test_a_checked_file_has_its_keys(two: House) -> None:
    file = two("check", "greeting-1.0.0.prompt", "--format", "json").json["files"][0]

    assert keys(file) == ["path", "name", "version", "measures"]
    assert keys(file["measures"][0]) == ["what", "unit", "used", "limit", "source", "exact", "at_least"]


def test_a_log_entry_has_its_keys(two: House) -> None:
    entry = two("log", "greeting", "--format", "json").json["log"][0]

    assert keys(entry) == ["number", "version", "how", "time", "by", "why", "restores"]


@pytest.mark.parametrize("option", [("--format", "json"), ("--format=json",)])
@pytest.mark.parametrize("before", [True, False])
def test_an_error_is_json_too(house: House, option: tuple[str, ...], *, before: bool) -> None:
    line = (*option, "status", "nobody") if before else ("status", "nobody", *option)

    ran = house(*line)

    error = json.loads(ran.err)["error"]
    assert (ran.code, ran.out, keys(error)) == (3, "", ERROR)
    assert (error["type"], error["place"], error["exit_code"]) == ("NotFound", "prompt nobody", 3)


def test_a_prompt_named_json_does_not_change_the_format(house: House) -> None:
    assert house("log", "json").err.startswith("error: prompt json: ")


def test_the_problems_of_files_are_json_too(house: House) -> None:
    path = house.folder / "bad.prompt"
    path.write_text("hello", encoding="utf-8")

    ran = house("publish", path, "--format", "json")

    problem = json.loads(ran.err)["error"]["problems"][0]
    assert keys(problem) == ["code", "message", "place", "line", "column", "variable"]


@pytest.mark.parametrize("order", [*permutations((("--actor", "tom"), ("--reason", "why"), ("status",)))])
def test_options_stand_before_or_after_the_command(two: House, order: tuple[tuple[str, ...], ...]) -> None:
    assert two(*(word for part in order for word in part)).code == 0


@pytest.mark.parametrize(
    "line",
    [
        ("--actor", "tom", "--reason", "CHG-1", "promote", "greeting", "1.1.0"),
        ("promote", "--actor", "tom", "--reason", "CHG-1", "greeting", "1.1.0"),
        ("promote", "greeting", "1.1.0", "--actor", "tom", "--reason", "CHG-1"),
        ("--actor", "ann", "--reason", "x", "promote", "greeting", "1.1.0", "--actor=tom", "--reason=CHG-1"),
    ],
)
def test_who_and_why_are_taken_from_wherever_they_stand(two: House, line: tuple[str, ...]) -> None:
    two(*line)

    entry = two("log", "greeting", "--format", "json").json["log"][-1]
    assert (entry["by"], entry["why"]) == ("tom", "CHG-1")


@pytest.mark.parametrize("option", ["--actor", "--reason"])
@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 501, "\x1b[31m"])
def test_who_and_why_are_one_printable_line(two: House, option: str, text: str) -> None:
    ran = two("promote", "greeting", "1.1.0", option, text)

    assert ran.code == 1
    assert ran.err.startswith(f"error: {option[2:]}: it is empty, longer than 500 characters")


def test_the_command_is_the_reason_when_none_is_given(two: House) -> None:
    entry = two("log", "greeting", "--format", "json").json["log"][0]

    assert (entry["by"], entry["why"]) == ("mina", "jackfield publish")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(house: House, command: str) -> None:
    ran = house(*command.split(), "--help")

    assert (ran.code, ran.err) == (0, "")
    assert f"Example: jackfield {command}" in ran.out


def test_the_first_help_lists_every_command(house: House) -> None:
    out = house("--help").out

    assert [c for c in COMMANDS if " " not in c and f"\n  {c} " not in out] == []


@pytest.mark.parametrize(
    "line",
    [
        (),
        ("nonsense",),
        ("publish",),
        ("check",),
        ("check", ""),
        ("plan",),
        ("apply",),
        ("publish", ""),
        ("promote", "greeting"),
        ("status", "--format", "xml"),
        ("audit", "list", "--last", "0"),
        ("simulate", "--port", "70000"),
        ("simulate", "--latency", "soon"),
    ],
)
def test_wrong_usage_is_exit_code_2(house: House, line: tuple[str, ...]) -> None:
    ran = house(*line)

    assert (ran.code, ran.out) == (2, "")
    assert "Usage: jackfield" in ran.err


def test_a_subcommand_like_the_one_that_was_meant_is_named(house: House) -> None:
    assert "No such command 'stauts'. Did you mean 'status'?" in house("stauts").err


@pytest.mark.parametrize("line", [("status", "greetings"), ("promote", "greetings", "1.0.0")])
def test_a_prompt_like_the_one_that_was_meant_is_named(two: House, line: tuple[str, ...]) -> None:
    assert "prompt greetings: no such prompt here, but greeting; list them" in two(*line).err


def test_the_version_is_shown(house: House) -> None:
    assert house("--version").out.startswith("jackfield 0.")


def test_a_fresh_target_says_what_to_do_next(house: House) -> None:
    ran = house("status")

    assert ran.out == "no prompt was published to target simulator yet; try 'jackfield publish FILE'\n"


def test_the_demo_tells_its_story_as_json(house: House) -> None:
    acts = house("demo", "prompts", "--format", "json").json["acts"]

    assert (acts[0]["story"], len(acts[0]["lines"])) == ("prompts", 5)
    assert acts[-1]["lines"][0].startswith("found: audit entry 5")


def test_verbose_tells_of_each_call_on_standard_error(house: House) -> None:
    house.write("1.0.0", "kindly")

    ran = house("publish", "greeting-1.0.0.prompt", "--verbose")

    assert [line.split()[2:4] for line in ran.err.splitlines()] == [["platform", "call"]] * 3


def test_a_table_in_a_pipe_has_no_empty_lines_and_no_blanks_at_line_ends(two: House) -> None:
    lines = two("status").out.splitlines()

    assert [line for line in lines if line != line.rstrip() or not line] == []
