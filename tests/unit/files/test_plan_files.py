"""Plan files: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.files.plans import FORMAT, Place, PlanFile, is_plan, read_plan, write_plan
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import ContextRule, Limits, PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts.planning import (
    Do,
    Hold,
    Notice,
    Plan,
    PromptPlan,
    Seen,
    Standing,
    Step,
    Why,
    Wish,
)

DEFINITION = PromptDefinition(
    name="greeting",
    version="1.1.0",
    model="gpt-small",
    max_tokens=500,
    template="Hi {{ name }} {{n}} {{flag}} {{tags}} 漢😀.",
    user_template="Why?",
    variables=[
        Variable(name="name", max_length=10, description="who"),
        Variable(name="n", type="number", default=2.5),
        Variable(name="flag", type="boolean", default=False),
        Variable(name="tags", type="array", default=["a", 1, True]),
    ],
    context_rules=[ContextRule(source="knowledge_base", max_tokens=5)],
    metadata={"owner": "mina"},
    limits=Limits(tokens=400),
)
FILE = PlanFile(
    place=Place(target="prod", platform="https://api.mypurecloud.de"),
    plan=Plan(
        organization=organization("acme"),
        wish=Wish(promote=True),
        prompts=(
            PromptPlan(
                name="greeting",
                definitions=(DEFINITION,),
                standing=Standing(live="1.0.0", activations=3, versions={"1.0.0": "ab"}, frozen=("0.9.0",)),
                steps=(Step(do=Do.PUBLISH, version="1.1.0", content_hash=DEFINITION.content_hash),),
                holds=(Hold(why=Why.DRIFT, message="m", remedy="r"),),
                notices=(Notice(what="drift", message="m", lines=("-a", "+b")),),
                seen=Seen(version="1.0.0", content_hash="cd"),
            ),
        ),
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(write_plan(FILE))
    return path


def rewritten(path: Path, **fields: Any) -> Path:
    """Write the plan with other fields, and the digest that fits them."""
    said = {k: v for k, v in json.loads(path.read_text()).items() if k != "digest"} | fields
    path.write_text(json.dumps({**said, "digest": digest(canonical(said))}))
    return path


def fault(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_plan(path)
    assert caught.value.place == str(path)
    return caught.value.message


def test_what_is_written_is_read(path: Path) -> None:
    assert read_plan(path) == FILE


def test_a_definition_keeps_its_content(path: Path) -> None:
    assert read_plan(path).plan.prompts[0].definitions[0].content_hash == DEFINITION.content_hash


@given(size=st.integers(0, len(write_plan(FILE)) - 2))
def test_a_plan_that_is_cut_is_refused(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    path = tmp_path_factory.mktemp("plans") / "plan.json"
    path.write_bytes(write_plan(FILE)[:size])

    with pytest.raises(InvalidInput):
        read_plan(path)


def test_a_plan_that_was_edited_is_refused(path: Path) -> None:
    path.write_text(path.read_text().replace("Why?", "How?"))

    assert fault(path) == "it was cut or edited since it was written"


def test_a_plan_of_a_newer_format_is_refused(path: Path) -> None:
    said = fault(rewritten(path, format="jackfield-plan/2"))

    assert said == f"its format is jackfield-plan/2, and this version of Jackfield reads {FORMAT}"


@pytest.mark.parametrize("text", ["{}", '{"format": "other/1"}', '{"format": 5}', "[]", "5", "null"])
def test_what_is_no_plan_is_refused(path: Path, text: str) -> None:
    path.write_text(text)

    assert fault(path) == "it is no plan"


@pytest.mark.parametrize("text", ["{", "hello", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 5000])
def test_what_is_no_json_is_refused(path: Path, text: str) -> None:
    path.write_text(text)

    assert fault(path) == "it is cut, or no JSON"


def test_deep_nesting_is_refused(path: Path) -> None:
    path.write_text('{"format": "jackfield-plan/1", "digest": "x", "a": ' + "[" * 900 + "]" * 900 + "}")

    assert "edited" in fault(path)


@pytest.mark.parametrize(
    "fields",
    [
        {"place": {}},
        {"organization": 5},
        {"organization": ""},
        {"wish": {"promote": "yes", "force": False}},
        {"prompts": None},
        {"prompts": [{"name": "x"}]},
        {"more": 1},
    ],
)
def test_other_shapes_are_refused(path: Path, fields: dict[str, Any]) -> None:
    assert fault(rewritten(path, **fields)).startswith("it is no plan: ")


def test_a_definition_under_another_name_is_refused(path: Path) -> None:
    prompt = json.loads(path.read_text())["prompts"][0] | {"name": "other"}

    assert "under another prompt's name" in fault(rewritten(path, prompts=[prompt]))


def test_a_step_of_another_kind_is_refused(path: Path) -> None:
    prompt = json.loads(path.read_text())["prompts"][0]
    prompt["steps"][0]["do"] = "delete"

    assert "it is not one of adopt, create, publish, promote" in fault(rewritten(path, prompts=[prompt]))


def test_no_value_is_repeated_in_a_message(path: Path) -> None:
    prompt = json.loads(path.read_text())["prompts"][0]
    prompt["definitions"][0]["max_tokens"] = "canary"

    assert "canary" not in fault(rewritten(path, prompts=[prompt]))


def test_a_huge_file_is_refused(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    assert fault(path) == "it has more than 65536 KiB"


@pytest.mark.parametrize("text", ["{", '\ufeff\n{"a": 1}', '{"format": 5'])
def test_json_is_meant_as_a_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan"
    path.write_text(text, encoding="utf-8")

    assert is_plan(path)


@pytest.mark.parametrize("text", ["", "---\nname: x\n", "hello"])
def test_a_prompt_file_is_not_meant_as_a_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.prompt"
    path.write_text(text, encoding="utf-8")

    assert not is_plan(path)


def test_a_file_named_json_is_meant_as_a_plan_even_if_it_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.touch()

    assert is_plan(path)


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    assert not is_plan(tmp_path)


def test_two_writes_of_one_plan_are_alike() -> None:
    assert write_plan(FILE) == write_plan(evolve(FILE))
