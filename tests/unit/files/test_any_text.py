"""Whatever stands in a prompt file: only problems and errors of ours come of it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from jackfield.adapters.files import PromptFile, read
from jackfield.adapters.files.yaml import parse
from jackfield.domain.model.errors import InvalidInput
from tests.proofs.sizes import sized

FIELDS = (
    "name", "version", "model", "max_tokens", "variables", "context_rules", "metadata", "limits", "renderer",
    "type", "default", "required", "max_length", "source", "tokens", "variables[0]", "name[1]", "limits.x",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5000),
    st.floats(allow_nan=True),
    st.sampled_from(["1.0.0", "greeting", "string", "boolean", "local", "knowledge_base", "x", "../x", ""]),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=12,
)
HEADS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=9)
PIECES = ("{{", "}}", "{{x}}", "{{{{", "x", " ", "\n", "--- user\n", "---\n", "\u2028", "é", "\x07")
BODIES = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def read_bytes(data: bytes) -> PromptFile | InvalidInput:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.prompt"
        path.write_bytes(data)
        try:
            return read(path)
        except InvalidInput as error:
            return error


def dumped(head: Any) -> str:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(head, stream)
    return stream.getvalue()


@settings(max_examples=sized(80, full=3_000), deadline=None)
@given(HEADS, BODIES)
def test_any_head_and_body_are_read_or_have_a_problem(head: dict[str, Any], body: str) -> None:
    file = read_bytes(f"---\n{dumped(head)}---\n{body}".encode())

    assert isinstance(file, PromptFile)
    assert (file.definition is None) <= bool(file.problems)


@settings(max_examples=sized(80, full=3_000), deadline=None)
@given(HEADS, BODIES)
def test_every_problem_has_a_place_in_the_file(head: dict[str, Any], body: str) -> None:
    text = f"---\n{dumped(head)}---\n{body}"

    file = read_bytes(text.encode())

    assert isinstance(file, PromptFile)
    last = text.count("\n") + 1
    assert [p for p in file.problems if not (1 <= p.line <= last + 1 and p.column >= 1)] == []


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda b: b"---\n" + b + b"\n---\nhi")))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert isinstance(read_bytes(data), PromptFile | InvalidInput)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="abc:-[]{}&*!|>'\"%@`#,?\n \t0~<", max_size=60))
def test_any_yaml_is_data_or_has_a_problem(text: str) -> None:
    document = parse(text)

    assert document.readable or document.problems
