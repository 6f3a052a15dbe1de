"""A check's results as JUnit XML, SARIF and workflow commands."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.cli.reports.github import github
from jackfield.entrypoints.cli.reports.junit import junit
from jackfield.entrypoints.cli.reports.sarif import sarif, uri
from jackfield.entrypoints.files.checked import Checked

FINE = Checked(path=Path("prompts/fine.prompt"), name="a", version="1.0.0")
WRONG = Checked(
    path=Path("prompts/a b,c:d.prompt"),
    problems=(
        Problem(code="yaml-tag", message="100% wrong\nthere, <here>: &", line=3, column=7),
        Problem(code="name", message="no name", place="prompts/a b,c:d.prompt"),
    ),
)
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=60)


def parsed(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # ours


def test_junit_counts_files_and_failures() -> None:
    root = parsed(junit([FINE, WRONG]))

    assert {k: root.attrib[k] for k in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }


def test_junit_has_a_case_a_file_and_all_its_problems() -> None:
    suite = parsed(junit([FINE, WRONG]))[0]
    fine, wrong = suite.findall("testcase")
    failure = wrong.find("failure")

    assert (fine.attrib["name"], list(fine)) == ("prompts/fine.prompt", [])
    assert failure is not None
    assert failure.attrib == {
        "message": "100% wrong\nthere, <here>: & [yaml-tag] and 1 more",
        "type": "yaml-tag",
    }
    assert (failure.text or "").splitlines()[-1] == "prompts/a b,c:d.prompt: no name [name]"


@given(message=ANY_TEXT, name=ANY_TEXT.filter(lambda t: "\0" not in t))
def test_junit_is_xml_whatever_a_problem_says(message: str, name: str) -> None:
    file = Checked(path=Path(name), problems=(Problem(code="yaml", message=message),))

    assert parsed(junit([file]).encode()).tag == "testsuites"


def test_no_path_begins_a_line_of_junit() -> None:
    place = "a\n::error::x.prompt"
    file = Checked(path=Path(place), problems=(Problem(code="yaml", message="wrong", place=place),))

    assert [line for line in junit([file]).splitlines() if line.startswith("::")] == []


def test_sarif_is_one_run_of_the_version_of_the_standard() -> None:
    log = sarif([FINE, WRONG])

    assert (log["version"], len(log["runs"]), log["runs"][0]["columnKind"]) == (
        "2.1.0",
        1,
        "unicodeCodePoints",
    )


def test_every_result_of_sarif_names_its_rule() -> None:
    run = sarif([FINE, WRONG])["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert [rules[result["ruleIndex"]] for result in run["results"]] == ["yaml-tag", "name"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_a_result_of_sarif_has_its_place() -> None:
    first, second = sarif([WRONG])["runs"][0]["results"]

    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "prompts/a%20b%2Cc%3Ad.prompt"},
                "region": {"startLine": 3, "startColumn": 7},
            }
        }
    ]
    assert "region" not in second["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("[click](https://evil.example)", r"\[click\](https://evil.example)"),
        (r"\[click\](1)", r"\\\[click\\\](1)"),
        ("a {{name}} and a (b)", "a {{name}} and a (b)"),
    ],
)
def test_no_text_of_a_prompt_is_a_link_of_sarif(message: str, text: str) -> None:
    file = Checked(path=Path("a.prompt"), problems=(Problem(code="yaml", message=message),))

    assert sarif([file])["runs"][0]["results"][0]["message"] == {"text": text}


def test_sarif_of_fine_files_has_no_result() -> None:
    run = sarif([FINE])["runs"][0]

    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.prompt", "a.prompt"),
        ("./a/b.prompt", "a/b.prompt"),
        ("../a.prompt", "../a.prompt"),
        ("é#?.prompt", "%C3%A9%23%3F.prompt"),
        ("\udcff.prompt", "%FF.prompt"),
        ("/elsewhere/a b.prompt", "file:///elsewhere/a%20b.prompt"),
    ],
)
def test_a_path_is_a_reference(path: str, expected: str) -> None:
    assert uri(Path(path)) == expected


def test_an_absolute_path_below_the_working_folder_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert uri(tmp_path / "a.prompt") == "a.prompt"


def test_a_workflow_command_is_escaped() -> None:
    assert list(github([WRONG]))[:2] == [
        "::error file=prompts/a b%2Cc%3Ad.prompt,title=yaml-tag,line=3,col=7::"
        "100%25 wrong%0Athere, <here>: &",
        "::error file=prompts/a b%2Cc%3Ad.prompt,title=name::no name",
    ]


def test_workflow_commands_end_with_a_count() -> None:
    assert list(github([FINE, WRONG]))[-1] == "2 file(s), 2 problem(s)"


@given(message=ANY_TEXT, name=ANY_TEXT.filter(lambda t: "\0" not in t))
def test_no_text_begins_a_command_of_its_own(message: str, name: str) -> None:
    file = Checked(path=Path(name), problems=(Problem(code="yaml", message=message),))

    first, _ = github([file])

    assert len(first.splitlines()) == 1
    assert first.count("::error ") - message.count("::error ") - name.count("::error ") == 1
