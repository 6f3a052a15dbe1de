"""`jackfield advice` for people and for programs, on the embedded simulator."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.entrypoints.cli.commands.advice import advice
from jackfield.entrypoints.cli.options import Options

SAID = "I want to return my shoes and get a refund"
WHERE = ("--conversation", "c-1", "--agent", "a-1", "--relevance", "0.3")
NOTHING = ("--conversation", "c-1", "--agent", "a-1", "--relevance", "1")


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))

    def run(*words: str, said: str = SAID) -> Result:
        return CliRunner().invoke(advice, words, obj=Options(), standalone_mode=False, input=said)

    return run


def ids(result: Result) -> list[str]:
    return [each["id"] for each in json.loads(result.stdout)["accepted"]]


def test_a_query_is_shown_for_people(say: Callable[..., Result]) -> None:
    shown = say("query", *WHERE).stdout
    assert shown.startswith("fresh, ")
    assert "Returning or exchanging an item" in shown


def test_what_is_rejected_says_why(say: Callable[..., Result]) -> None:
    shown = say("query", *NOTHING).stdout
    assert "nothing is good enough\nrejected: rec-" in shown
    assert re.search(
        r"rejected: rec-\w+ Returning or exchanging an item \(relevance: 0\.\d+ is below 1\)", shown
    )


def test_what_is_rejected_has_its_title_for_programs_too(say: Callable[..., Result]) -> None:
    found = json.loads(say("query", *NOTHING, "--format", "json").stdout)
    assert "Returning or exchanging an item" in [each["title"] for each in found["rejected"]]


def test_a_query_is_shown_for_programs(say: Callable[..., Result]) -> None:
    found = json.loads(say("query", *WHERE, "--format", "json").stdout)
    assert (found["origin"], found["conversation"], found["whole"]) == ("fresh", "c-1", True)
    assert [each["position"] for each in found["accepted"]] == [1, 2]


def test_another_run_takes_it_from_the_disk_and_knows_what_was_shown(say: Callable[..., Result]) -> None:
    say("query", *WHERE, "--displayed")
    found = json.loads(say("query", *WHERE, "--format", "json").stdout)
    assert (found["origin"], [each["shown"] for each in found["accepted"]]) == ("cached", [True, True])


def test_a_transcript_may_be_a_file(say: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "call.txt").write_text(SAID, encoding="utf-8")
    by_file = say("query", "call.txt", *WHERE, "--format", "json")
    assert ids(by_file) == ids(say("query", "-", *WHERE, "--format", "json")) != []


def test_a_sheet_has_a_line_a_recommendation(say: Callable[..., Result]) -> None:
    rows = list(csv.DictReader(io.StringIO(say("query", *WHERE, "--format", "csv").stdout)))
    assert [row["source"] for row in rows] == ["kb-orders", "kb-billing"]


def test_what_is_forgotten_is_asked_for_anew_by_another_run(say: Callable[..., Result]) -> None:
    query = ("query", *WHERE, "--base", "kb-orders", "--format", "json")
    say(*query)
    other = say("forget", "kb-security", "--format", "json")
    kept = json.loads(say(*query).stdout)
    told = say("forget", "kb-security", "kb-orders")
    asked = json.loads(say(*query).stdout)
    assert (json.loads(other.stdout), kept["origin"]) == ({"bases": ["kb-security"]}, "cached")
    assert (told.stdout, asked["origin"]) == (
        "forgotten: what was kept of kb-security, kb-orders\n",
        "fresh",
    )


@pytest.mark.parametrize(
    ("words", "said", "error"),
    [
        (("forget", " "), SAID, InvalidInput),
        (("query", "nowhere.txt", *WHERE), SAID, InvalidInput),
        (("query", *WHERE), "  \n", InvalidInput),
        (("query", *WHERE, "--base", "kb-nowhere"), SAID, NotFound),
    ],
)
def test_what_does_not_fit_is_an_error_of_ours(
    say: Callable[..., Result], words: tuple[str, ...], said: str, error: type[Exception]
) -> None:
    assert isinstance(say(*words, said=said).exception, error)


def test_feedback_of_another_run_counts_in_the_report(say: Callable[..., Result]) -> None:
    first = ids(say("query", *WHERE, "--displayed", "--format", "json"))[0]
    told = say("feedback", first, "--agent", "a-1", "--action", "clicked", "--format", "json")
    assert json.loads(told.stdout)["conversation"] == "c-1"
    found = json.loads(say("report", "--by", "source", "--format", "json").stdout)
    assert (found["displayed"], found["clicked"], found["rate"]) == (2, 1, 0.5)
    assert [(group["key"], group["clicked"]) for group in found["groups"]] == [
        ("kb-billing", 0),
        ("kb-orders", 1),
    ]


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_report_of_nothing_is_shown(say: Callable[..., Result], form: str) -> None:
    shown = say("report", "--by", "agent", "--format", form)
    assert shown.exit_code == 0
    assert "displayed" in shown.stdout


def test_feedback_under_a_name_counts_once(say: Callable[..., Result]) -> None:
    first = ids(say("query", *WHERE, "--displayed", "--format", "json"))[0]
    click = ("feedback", first, "--agent", "a-1", "--action", "clicked", "--conversation", "c-1")
    told = [json.loads(say(*click, "--once", "event-7", "--format", "json").stdout) for _ in range(2)]
    found = json.loads(say("report", "--format", "json").stdout)
    assert (told[0], found["clicked"], found["actions"]["clicked"]) == (told[1], 1, 1)
    assert isinstance(say(*click[:-2], "--once", "event-8").exception, InvalidInput)


def test_feedback_on_what_nobody_recommended_is_taken_and_says_so(say: Callable[..., Result]) -> None:
    told = say("feedback", "made-up", "--agent", "a-1", "--action", "helpful", "--conversation", "c-1")
    assert (told.exit_code, told.stdout) == (0, "made-up: helpful by a-1\n")
    assert told.stderr.startswith("recorded; but nobody is known to have recommended it")
    found = say("feedback", "made-up", "--agent", "a-1", "--action", "helpful", "--format", "json")
    assert (json.loads(found.stdout)["known"], found.stderr) == (False, "")


@pytest.mark.parametrize(("by", "key"), [("source", "kb-orders"), ("position", "1")])
def test_a_click_that_names_its_conversation_counts_in_its_group(
    say: Callable[..., Result], by: str, key: str
) -> None:
    first = ids(say("query", *WHERE, "--displayed", "--format", "json"))[0]
    say("feedback", first, "--agent", "a-1", "--action", "clicked", "--conversation", "c-1")
    rows = list(csv.DictReader(io.StringIO(say("report", "--by", by, "--format", "csv").stdout)))
    clicked = {row["group"]: (row["clicked"], row["unseen"]) for row in rows}
    assert (clicked[key], clicked["all"], "unknown" in clicked) == (("1", "0"), ("1", "0"), False)


def test_the_group_of_what_nobody_showed_has_a_name_in_sheets(say: Callable[..., Result]) -> None:
    say("feedback", "made-up", "--agent", "a-1", "--action", "clicked", "--conversation", "c-1")
    rows = list(csv.DictReader(io.StringIO(say("report", "--by", "source", "--format", "csv").stdout)))
    assert [(row["group"], row["unseen"]) for row in rows] == [("unknown", "1"), ("all", "1")]


def test_a_sheet_has_what_was_rejected_and_why(say: Callable[..., Result]) -> None:
    rows = list(csv.DictReader(io.StringIO(say("query", *NOTHING, "--format", "csv").stdout)))
    assert {(row["position"], row["rejected"]) for row in rows} == {("", "relevance")}
    assert all(
        row["title"] and row["id"].startswith("rec-") and "is below 1" in row["detail"] for row in rows
    )


@pytest.mark.parametrize(
    "wrong", [("--relevance", "1.5"), ("--wanted", "0"), ("--deadline", "5ms"), ("--age", "1w")]
)
def test_what_is_out_of_range_is_wrong_usage(say: Callable[..., Result], wrong: tuple[str, str]) -> None:
    assert isinstance(say("query", *WHERE, *wrong).exception, click.UsageError)


def test_a_deadline_may_be_of_milliseconds(say: Callable[..., Result]) -> None:
    assert say("query", *WHERE, "--deadline", "5000ms").exit_code == 0


def test_on_eighty_columns_an_id_stays_whole_and_every_column_has_a_name(
    say: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    first = ids(say("query", *WHERE, "--displayed", "--format", "json"))[0]
    shown = say("query", *WHERE).stdout
    heading = next(line for line in shown.splitlines() if "relevance" in line)
    assert heading.split() == ["#", "id", "relevance", "published", "source", "title", "note"]
    assert first in shown
