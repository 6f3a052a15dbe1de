"""Errors as problems: each of our tree has its status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model import errors
from jackfield.domain.model.errors import BreakerOpen, InvalidInput, JackfieldError, RateLimited
from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.service.problems import TABLE, problem_of
from tests.unit.service.house import House

_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "service.md"


def _tree(kind: type[JackfieldError]) -> Iterator[type[JackfieldError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def test_every_error_of_the_tree_has_its_own_kind() -> None:
    assert set(_tree(JackfieldError)) == set(TABLE)


def test_no_two_are_named_alike_and_none_is_a_fault() -> None:
    names = [kind.name for kind in TABLE.values()]
    assert len(set(names)) == len(names)
    assert all(400 <= kind.status < 600 and kind.status != 500 for kind in TABLE.values())


def test_what_passes_by_itself_says_when_to_try_again() -> None:
    assert all(kind.retry_after for kind in TABLE.values() if kind.status == 503 and "fork" not in kind.name)


def test_the_table_of_the_documentation_is_this_one() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| `([a-z-]+)` \| (.*?) ?\|$", _PAGE.read_text(), re.MULTILINE)
    told = {(name, int(status), kind) for name, status, kind, _ in rows}
    assert told == {(error.__name__, kind.status, kind.name) for error, kind in TABLE.items()}
    assert {name for name, *_, again in rows if again} == {
        error.__name__ for error, kind in TABLE.items() if kind.retry_after
    }


def test_an_error_below_one_of_the_tree_is_taken_for_it() -> None:
    class Odd(errors.Conflict):
        pass

    assert problem_of(Odd("it moved")).status == 409


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1"), (7.2, "8"), (None, "5")])
def test_a_limit_says_when_it_ends(seconds: float | None, told: str) -> None:
    after = None if seconds is None else timedelta(seconds=seconds)
    assert problem_of(RateLimited("wait", retry_after=after)).headers["Retry-After"] == told


@pytest.mark.parametrize(("seconds", "told"), [(29.2, "30"), (0.0, "1"), (None, "5")])
def test_an_open_breaker_says_when_it_is_probed(seconds: float | None, told: str) -> None:
    after = None if seconds is None else timedelta(seconds=seconds)
    assert problem_of(BreakerOpen("open", retry_after=after)).headers["Retry-After"] == told


def test_of_very_many_problems_the_first_are_told_and_how_many_there_are_more() -> None:
    faults = [Problem(code="x", message=f"no {number}") for number in range(20_000)]
    document = problem_of(InvalidInput("no", problems=faults)).document
    assert (len(document["problems"]), document["problems"][49]["message"]) == (51, "no 49")
    assert document["problems"][-1]["message"] == "and 19950 more"


def test_what_is_long_is_not_sent_back_whole(house: House) -> None:
    long = "x" * 20_000
    error = InvalidInput(
        long, place=long, remedy=long, problems=[Problem(code="x", message=long, place=long)]
    )
    assert len(problem_of(error).body("req-1")) < 4_000
    for found in (house.get(f"/v1/prompts/{long}"), house.get(f"/v1/sessions/{long}")):
        assert (found.status, len(found.body) < 2_000) == (404, True)
    body = {f"{number}{long[:100]}": 1 for number in range(4_000)}
    for found in (house.post("/v1/advice/query", body), house.post("/query", body)):
        assert (found.status, len(found.body) < 50_000) == (400, True)


def test_every_problem_of_an_input_is_told() -> None:
    error = InvalidInput("no", place="body", remedy="mend it", problems=[Problem(code="x", message="y")])
    document = problem_of(error).document
    assert (document["place"], document["remedy"], document["problems"][0]["code"]) == (
        "body",
        "mend it",
        "x",
    )


def test_what_utf8_cannot_carry_is_escaped() -> None:
    assert b"\\ud800" in problem_of(errors.Unavailable("a file named \ud800")).body("req-1")
