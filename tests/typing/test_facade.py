"""What a type checker sees of the facade; mypy and pyright check this file, and it runs as well."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import pytest

import jackfield
from jackfield.domain.services.prompts import ActingPrompts, LiveVersion, Moved, Prompts, Published

EXAMPLES = Path(__file__).parents[2] / "examples" / "prompts"


def test_the_facade_has_the_types_it_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    definition = assert_type(jackfield.load(EXAMPLES / "card-support.prompt"), jackfield.PromptDefinition)
    with jackfield.open() as core:
        assert_type(core, jackfield.Core)
        assert_type(core.prompts, Prompts)
        me = core.acting_as("ci:build-812", reason="CHG-4471")
        assert_type(me.prompts, ActingPrompts)
        version = assert_type(me.prompts.publish(definition), Published)
        live = assert_type(core.prompts.live("card-support"), LiveVersion)
        assert_type(me.prompts.promote(version, expecting=live), Moved)


def test_every_example_is_a_good_prompt() -> None:
    examples = sorted(EXAMPLES.glob("*.prompt"))
    assert [jackfield.load(path).name for path in examples] == [path.stem for path in examples]
