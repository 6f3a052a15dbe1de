"""`jackfield advice` for people and for programs, on the embedded simulator."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

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
    assert "is below 1)" in shown


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


@pytest.mark.parametrize(
    ("words", "said", "error"),
    [
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
    assert json.loads(told.stdout)["conversation"] is None
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
