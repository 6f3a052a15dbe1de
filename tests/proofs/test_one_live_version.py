"""V1 so far: publishing, promoting and rolling back agree with a model; one version is live at every step.

The model is a linked stack: a promotion pushes, a rollback goes down to the node below. Calls are cut
before and after they reach the platform; what is left is settled by the next change.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import DataObject, data, sampled_from

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import NotFound, OutcomeUnknown
from jackfield.domain.model.history import History, Target
from tests.proofs.sizes import sized
from tests.unit.services.conftest import NAME, House, version

EXAMPLES = sized(25, full=500)
STEPS = sized(25, full=50)
EXPIRY = timedelta(seconds=121)


@define
class Node:
    """One version that went live, and what was live before it."""

    number: str
    below: Node | None


class OneLiveVersion(RuleBasedStateMachine):
    """The use cases over the simulated platform, beside a model of a dozen lines."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jackfield-proof-"))
        self.house = House(self.folder / "root" / "state")
        self.core = self.house.open()
        self.me = self.core.acting_as("proof", reason="v1").prompts
        self.published = list[str]()
        self.moves = 0
        self.live: Node | None = None

    @initialize()
    def begin(self) -> None:
        self.me.publish(version("0.0.1"))
        self.published, self.live, self.moves = ["0.0.1"], Node("0.0.1", None), 1

    @rule()
    def publish(self) -> None:
        number = f"1.0.{len(self.published)}"
        self.me.publish(version(number))
        self.published.append(number)

    @rule(chosen=data())
    def promote(self, chosen: DataObject) -> None:
        number = chosen.draw(sampled_from(self.published))
        self.me.promote(self.me.version(NAME, number))
        self._goes_live(Node(number, self.live))

    @precondition(lambda self: self.live is not None and self.live.below is not None)
    @rule()
    def roll_back(self) -> None:
        self.me.roll_back(NAME)
        assert self.live is not None
        assert self.live.below is not None
        self._goes_live(self.live.below)

    @precondition(lambda self: self.live is not None and self.live.below is None)
    @rule()
    def roll_back_to_nothing(self) -> None:
        try:
            self.me.roll_back(NAME)
        except NotFound:
            return
        raise AssertionError("there was nothing to roll back to")

    @rule(chosen=data(), when=sampled_from(When))
    def crash_in_a_promotion(self, chosen: DataObject, when: When) -> None:
        number = chosen.draw(sampled_from(self.published))
        if self.live is not None and number == self.live.number:
            return
        self.house.line.cut("PUT", when, KeyboardInterrupt)
        try:
            self.me.promote(self.me.version(NAME, number))
        except KeyboardInterrupt:
            self.house.clock.advance(EXPIRY)
            self.publish()
        if when is When.AFTER:
            self._goes_live(Node(number, self.live))

    @rule(chosen=data())
    def lose_the_answer_of_a_promotion(self, chosen: DataObject) -> None:
        number = chosen.draw(sampled_from(self.published))
        if self.live is not None and number == self.live.number:
            return
        self.house.line.cut("PUT", When.AFTER, lambda: OutcomeUnknown("lost"))
        self.me.promote(self.me.version(NAME, number))
        self._goes_live(Node(number, self.live))

    @invariant()
    def the_record_has_the_models_live_version(self) -> None:
        if self.live is not None:
            assert self.me.live(NAME).number == self.live.number

    @invariant()
    def the_platform_has_it_too(self) -> None:
        if self.live is not None:
            assert (self.me.status(NAME).platform.version, self.me.status(NAME).platform.drift) == (
                self.live.number,
                False,
            )

    @invariant()
    def the_history_only_grows(self) -> None:
        if self.live is not None:
            assert len(self.me.log(NAME)) == self.moves

    def teardown(self) -> None:
        self.core.audit.verify()
        for core in self.house.cores:
            core.close()
        shutil.rmtree(self.folder)

    def _goes_live(self, node: Node) -> None:
        if self.live is None or self.live.number != node.number:
            self.live, self.moves = node, self.moves + 1


def _run(phases: tuple[Phase, ...]) -> None:
    run_state_machine_as_test(
        OneLiveVersion,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        ),
    )


def test_one_version_is_live_at_every_step() -> None:
    _run(tuple(Phase))
    print(f"V1: {EXAMPLES} runs of up to {STEPS} steps, none disagrees with the model")


def test_a_rollback_that_goes_to_and_fro_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def to_and_fro(history: History) -> Target:
        return Target(history.entries[-2].version, len(history.entries) - 1)

    monkeypatch.setattr(History, "previous", to_and_fro)
    with pytest.raises((AssertionError, IndexError)):
        _run((Phase.generate,))
