"""The library as a program embeds it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import jackfield
from tests.e2e.command.conftest import House

HEAVY = (
    "requests",
    "loguru",
    "rich",
    "click",
    "apsw",
    "ruamel.yaml",
    "attrs",
    "cattrs",
    "aiohttp",
    "urllib3",
)


@pytest.fixture
def core(house: House) -> Iterator[jackfield.Core]:
    with jackfield.open() as opened:
        yield opened


def greeting(version: str, text: str = "Greet {{customer}}.") -> jackfield.PromptDefinition:
    return jackfield.PromptDefinition(
        name="greeting",
        version=version,
        model="gpt-small",
        max_tokens=512,
        template=text,
        variables=(jackfield.Variable(name="customer", max_length=100),),
    )


def test_importing_is_light() -> None:
    source = f"import jackfield, json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=60)

    assert json.loads(done.stdout) == []


def test_every_public_name_can_be_imported() -> None:
    assert [n for n in jackfield.__all__ if getattr(jackfield, n, None) is None] == []


def test_nothing_else_is_public() -> None:
    source = "import jackfield, json; print(json.dumps([dir(jackfield), sorted(jackfield.__all__)]))"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, timeout=60)

    shown, public = json.loads(done.stdout)
    assert shown == public


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'jackfield' has no attribute 'nonsense'"):
        importlib.import_module("jackfield").__getattr__("nonsense")


@pytest.mark.parametrize("name", [n for n in jackfield.__all__ if n not in {"__version__", "open", "load"}])
def test_a_public_class_is_the_one_of_its_home(name: str) -> None:
    public = getattr(jackfield, name)

    assert public is getattr(importlib.import_module(public.__module__), name)


def test_every_error_is_one_of_ours() -> None:
    errors = [getattr(jackfield, n) for n in jackfield.__all__ if n[0].isupper()]

    raised = [e for e in errors if isinstance(e, type) and issubclass(e, Exception)]

    assert [e for e in raised if not issubclass(e, jackfield.JackfieldError)] == []


def test_a_prompt_is_built_published_and_promoted_without_a_file(core: jackfield.Core) -> None:
    me = core.acting_as("ci:build-812", reason="CHG-4471")
    me.prompts.publish(greeting("1.0.0"))
    second = me.prompts.publish(greeting("1.1.0", "Hello {{customer}}."))

    me.prompts.promote(second, expecting=core.prompts.live("greeting"))

    live = core.prompts.live("greeting")
    assert (live.number, live.actor, live.reason) == ("1.1.0", "ci:build-812", "CHG-4471")


def test_a_live_prompt_is_rendered(core: jackfield.Core) -> None:
    core.acting_as("me", reason="why").prompts.publish(greeting("1.0.0"))

    rendered = core.prompts.live("greeting").definition.render({"customer": "{{customer}} Ada"})

    assert rendered.system == "Greet {{customer}} Ada."


def test_a_file_and_a_program_make_the_same_version(core: jackfield.Core, house: House) -> None:
    path = house.write("1.0.0", "kindly")

    assert jackfield.load(path) == greeting("1.0.0", "Greet {{customer}} kindly.")


def test_a_file_with_faults_is_not_loaded(house: House) -> None:
    path = house.folder / "wrong.prompt"
    path.write_text("---\nname: 5\n---\n{{", encoding="utf-8")

    with pytest.raises(jackfield.InvalidPrompt) as caught:
        jackfield.load(path)

    assert [(p.code, p.line) for p in caught.value.problems] == [
        ("type", 2),
        ("field-missing", 2),
        ("field-missing", 2),
        ("field-missing", 2),
        ("placeholder-unclosed", 4),
    ]


def test_a_program_is_refused_what_a_file_is(core: jackfield.Core) -> None:
    with pytest.raises(jackfield.InvalidPrompt) as caught:
        core.acting_as("me", reason="why").prompts.publish(greeting("v1", "Greet {{custommer}}."))

    assert [p.code for p in caught.value.problems] == ["version", "variable-undeclared", "variable-unused"]


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("me", ""), ("me\n", "why"), ("me", "x" * 501)])
def test_nobody_acts_without_a_name_and_a_reason(core: jackfield.Core, actor: str, reason: str) -> None:
    with pytest.raises(jackfield.InvalidInput, match="say in a line who changes what, and why"):
        core.acting_as(actor, reason=reason)


def test_what_is_not_there_is_not_live(core: jackfield.Core) -> None:
    with pytest.raises(jackfield.NotFound, match="no such prompt here"):
        core.prompts.live("nobody")


def test_closing_twice_is_fine(house: House) -> None:
    core = jackfield.open()
    core.close()

    core.close()


@pytest.mark.parametrize("state", ["a\0b", "\ud800"])
def test_a_state_folder_that_cannot_be_one_is_our_error(house: House, state: str) -> None:
    with pytest.raises(jackfield.InvalidInput, match="not a path that can be used"):
        jackfield.open(state=state)


def test_a_target_that_is_not_there_is_our_error(house: House) -> None:
    with pytest.raises(jackfield.InvalidInput, match="there is no target 'dev'"):
        jackfield.open("dev")


def test_another_state_folder_has_other_prompts(core: jackfield.Core, tmp_path: Path) -> None:
    core.acting_as("me", reason="why").prompts.publish(greeting("1.0.0"))

    with jackfield.open(state=tmp_path / "other") as other:
        assert other.prompts.names() == ()


def test_another_process_is_noticed_within_a_second(core: jackfield.Core, house: House) -> None:
    me = core.acting_as("me", reason="why")
    me.prompts.publish(greeting("1.0.0"))
    me.prompts.publish(greeting("1.1.0", "Hello {{customer}}."))
    before = core.prompts.live("greeting").number

    ran = house.apart("promote", "greeting", "1.1.0")
    time.sleep(0.9)

    assert (before, ran.code, core.prompts.live("greeting").number) == ("1.0.0", 0, "1.1.0")


def test_a_promotion_of_another_process_is_a_conflict_for_who_saw_less(
    core: jackfield.Core, house: House
) -> None:
    me = core.acting_as("me", reason="why")
    first = me.prompts.publish(greeting("1.0.0"))
    me.prompts.publish(greeting("1.1.0", "Hello {{customer}}."))
    third = me.prompts.publish(greeting("1.2.0", "Hi {{customer}}."))
    house.apart("promote", "greeting", "1.1.0")

    with pytest.raises(jackfield.Conflict, match=r"1\.1\.0 is live, not 1\.0\.0"):
        me.prompts.promote(third, expecting=first)
