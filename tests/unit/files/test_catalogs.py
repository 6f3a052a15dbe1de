"""Catalogs of examples: read strictly, every problem of every line at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield
from jackfield.adapters.files.catalogs import examples, read_catalog
from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.model.errors import InvalidInput

FINE = {"id": "e1", "input": "where is it", "output": "there", "category": "place"}


def written(folder: Path, *lines: str | dict[str, Any]) -> Path:
    path = folder / "refund.examples.jsonl"
    path.write_text("\n".join(e if isinstance(e, str) else json.dumps(e) for e in lines), encoding="utf-8")
    return path


def problems(folder: Path, *lines: str | dict[str, Any]) -> list[tuple[int, str, str]]:
    found = read_catalog(written(folder, *lines)).problems
    return [(problem.line, problem.code, problem.message) for problem in found]


def test_a_catalog_is_its_examples_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, FINE, "", {"id": "e2", "input": "a", "output": "b"})
    assert examples(path) == Catalog([Example(**FINE), Example(id="e2", input="a", output="b")])


def test_the_public_name_reads_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, FINE)
    assert jackfield.examples(str(path)) == examples(path)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ({"id": "e1", "input": "a"}, "field-missing", "output: it is missing"),
        ({**FINE, "output": " "}, "example-field", "output: it is empty"),
        ({**FINE, "id": ""}, "example-field", "id: it is empty"),
        ({**FINE, "note": "x"}, "field-unknown", "note: there is no such field"),
        ({**FINE, "input": 7}, "type", "input: it is not a text"),
        ({**FINE, "input": "a\0b"}, "example-field", "input: it holds a control character"),
        ({**FINE, "category": "\x1b"}, "example-field", "category: it holds a control character"),
        ('{"id": "e1", "input": "\\ud800", "output": "b"}', "example-json", "half of a surrogate pair"),
        ('{"id": "e1", "input": NaN, "output": "b"}', "example-json", "NaN is no JSON number"),
        ('{"id": "e1", "id": "e2", "input": "a", "output": "b"}', "example-json", "it has a key twice"),
        ("[" * 100_000, "example-json", "nested too deeply"),
        ("1" * 5_000, "example-json", "thousands of digits"),
        ("nonsense", "example-json", "this is not JSON: Expecting value, column 1"),
        ("[]", "type", "it is not a mapping"),
    ],
)
def test_a_line_that_is_no_example_is_told(tmp_path: Path, line: Any, code: str, message: str) -> None:
    ((number, found, told),) = problems(tmp_path, FINE | {"id": "e0"}, line)
    assert (number, found, message in told) == (2, code, True)


def test_every_problem_of_every_line_is_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path, {"id": "", "output": ""}, "", "x", {**FINE, "input": "", "output": ""}, FINE, FINE
    )
    assert [(line, code) for line, code, _ in found] == [
        (1, "field-missing"),
        (3, "example-json"),
        (4, "example-field"),
        (4, "example-field"),
        (6, "example-twice"),
    ]


def test_a_doubled_id_names_the_line_of_the_first(tmp_path: Path) -> None:
    assert problems(tmp_path, FINE, FINE)[0][2] == "its id is also in line 1; give it another"


def test_the_error_lists_them_with_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "x", {"id": "e1"})
    with pytest.raises(InvalidInput, match=r"refund\.examples\.jsonl: 3 problem\(s\)") as caught:
        examples(path)
    assert {problem.place for problem in caught.value.problems} == {str(path)}


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "it is empty"), (b"\xff", "not UTF-8"), (b"\0", "binary")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.examples.jsonl"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=message):
        read_catalog(path)


def test_a_catalog_over_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.examples.jsonl"
    with path.open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    with pytest.raises(InvalidInput, match="it has more than 10240 KiB"):
        read_catalog(path)


def test_no_error_repeats_what_an_example_says(tmp_path: Path) -> None:
    lines = ({"id": "secret-1", "input": 7, "output": "secret-2"}, '{"id": "secret-3", "input": "secret-4"')
    with pytest.raises(InvalidInput) as caught:
        examples(written(tmp_path, *lines))
    assert "secret" not in str(caught.value)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_a_catalog_or_has_problems(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.examples.jsonl"
    path.write_bytes("\n".join(lines).encode(errors="surrogatepass"))
    try:
        found = read_catalog(path)
    except InvalidInput:
        return
    assert found.examples or found.problems
