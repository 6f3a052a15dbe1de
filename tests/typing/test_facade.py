"""What a type checker sees of the facade; mypy and pyright check this file, and it runs as well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import assert_type

import pytest
from attrs import evolve

import jackfield
from jackfield.domain.services.metrics import PromptSummary
from jackfield.domain.services.prompts import ActingPrompts, LiveVersion, Moved, Prompts, Published
from jackfield.domain.services.prompts.changing.exporting import Exported
from jackfield.domain.services.prompts.planning import Outcome, Plan
from jackfield.domain.services.rollouts import ActingRollouts, Heard, Rollouts, RolloutStatus, Stepped

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
        plan = assert_type(core.prompts.plan([definition], promote=True), Plan)
        assert_type(me.prompts.apply(plan), tuple[Outcome, ...])
        second = me.prompts.publish(
            evolve(definition, version="9.9.9", template=f"{definition.template} Greet.")
        )
        guard = assert_type(jackfield.Guard(success_margin=0.05), jackfield.Guard)
        assert_type(me.rollouts, ActingRollouts)
        started = me.rollouts.start("card-support", second.number, shares=("5%", "100%"), guard=guard)
        assert_type(started, Stepped)
        choice = assert_type(core.prompts.choose("card-support", unit="customer"), jackfield.Choice)
        assert_type(core.rollouts, Rollouts)
        assert_type(core.rollouts.observe(choice, success=True, latency=timedelta(seconds=1)), Heard)
        assert_type(core.rollouts.observe(choice.pin, success=True), Heard)
        assert_type(me.rollouts.step("card-support"), Stepped)
        assert_type(core.rollouts.status("card-support"), RolloutStatus)
        assert_type(me.rollouts.stop("card-support"), Stepped)
        assert_type(core.metrics.of("card-support", by="day"), PromptSummary)
        assert_type(me.prompts.export("card-support", to=str(tmp_path / "out.json")), Exported)


def test_every_example_is_a_good_prompt() -> None:
    examples = sorted(EXAMPLES.glob("*.prompt"))
    assert [jackfield.load(path).name for path in examples] == [path.stem for path in examples]
