"""Promise V1: history, promotion and rollback agree with a model; one version is live at every step."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.history import History, Target
from jackfield.domain.services.prompts.operations import readback
from tests.proofs.live_machine import OneLiveVersion, seen
from tests.proofs.mortal_machines import run, told
from tests.proofs.sizes import sized

EXAMPLES = sized(12, full=500)
STEPS = sized(25, full=50)
LEAST = sized(0, full=100)
"""How often a crash must have left something, and somebody settled it: few runs may see none."""
MOST = max(EXAMPLES, 100)
"""Runs of a control, which ends at the first that fails."""


def test_one_version_is_live_at_every_step() -> None:
    seen.clear()
    run(OneLiveVersion, EXAMPLES, STEPS)
    print(f"\nV1: {EXAMPLES} runs of up to {STEPS} steps, none disagrees with the model ({told(seen)})")
    assert min(seen["killed, and left unsettled"], seen["settled"]) >= LEAST


def test_a_rollback_that_goes_to_and_fro_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def to_and_fro(history: History) -> Target:
        return Target(history.entries[-2].version, len(history.entries) - 1)

    monkeypatch.setattr(History, "previous", to_and_fro)
    with pytest.raises((AssertionError, IndexError)):
        run(OneLiveVersion, MOST, STEPS, (Phase.generate,))


def test_settling_without_reading_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def yes(*_: object) -> tuple[bool, None]:
        return True, None

    monkeypatch.setattr(readback, "happened", yes)
    with pytest.raises((AssertionError, Conflict)):
        run(OneLiveVersion, MOST, STEPS, (Phase.generate,))
