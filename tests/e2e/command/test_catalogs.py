"""`jackfield check` looks at catalogs of examples beside the prompts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command.conftest import House

FINE = '{"id": "e1", "input": "hi", "output": "Hello."}\n'


@pytest.fixture
def catalog(house: House) -> Path:
    """One example beside the prompt `greeting`."""
    house.write("1.0.0", "kindly")
    path = house.folder / "greeting.examples.jsonl"
    path.write_text(FINE, encoding="utf-8")
    return path


def test_a_catalog_beside_a_prompt_is_checked_with_it(house: House, catalog: Path) -> None:
    ran = house("check", ".")
    assert (ran.code, "greeting.examples.jsonl: a catalog of 1 example(s) is fine" in ran.out) == (0, True)
    assert ran.out.endswith("2 file(s), 0 problem(s)\n")


def test_a_catalog_beside_several_versions_is_checked_once(house: House, catalog: Path) -> None:
    house.write("1.1.0", "more kindly")
    assert house("check", ".").out.endswith("3 file(s), 0 problem(s)\n")


def test_a_problem_of_a_catalog_is_told_at_its_line(house: House, catalog: Path) -> None:
    catalog.write_text(f"{FINE}\n{FINE}", encoding="utf-8")
    ran = house("check", ".")
    assert (ran.code, ran.out.splitlines()[-2]) == (
        1,
        "greeting.examples.jsonl:3: its id is also in line 1; give it another [example-twice]",
    )


def test_a_catalog_may_be_named_alone(house: House, catalog: Path) -> None:
    assert house("check", catalog).out.endswith("1 file(s), 0 problem(s)\n")


def test_a_catalog_that_is_named_and_beside_is_checked_once(house: House, catalog: Path) -> None:
    assert house("check", "greeting-1.0.0.prompt", "greeting.examples.jsonl").out.endswith(
        "2 file(s), 0 problem(s)\n"
    )


def test_a_catalog_that_is_not_there_is_a_problem(house: House) -> None:
    ran = house("check", "no.examples.jsonl")
    assert (ran.code, "there is no such file" in ran.out) == (1, True)


def test_programs_get_its_problems_in_their_forms(house: House, catalog: Path) -> None:
    catalog.write_text("nonsense", encoding="utf-8")
    found = house("check", ".", "--format", "json").json
    assert [(p["code"], p["line"]) for p in found["problems"]] == [("example-json", 1)]
    assert "title=example-json,line=1" in house("check", ".", "--format", "github").out


def test_a_catalog_keeps_no_prompt_from_being_published(house: House, catalog: Path) -> None:
    catalog.write_text("nonsense", encoding="utf-8")
    assert house("publish", ".").code == 0
