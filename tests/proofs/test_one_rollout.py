"""Promise V1, extended to rollouts: one version is live and at most one is tried, whatever is killed when."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import Phase

from jackfield.domain.model.states import PromptState
from jackfield.domain.services.prompts.operations.settled import settled as settled_state
from tests.proofs.mortal_machines import run, told
from tests.proofs.rollout_machine import OneRollout, OneRoutedRollout, seen
from tests.proofs.sizes import sized

EXAMPLES = sized(14, full=500)
STEPS = sized(25, full=50)


@pytest.mark.parametrize("machine", [OneRollout, OneRoutedRollout])
def test_one_rollout_at_most_runs_and_every_crash_resumes(machine: type[OneRollout]) -> None:
    seen.clear()
    run(machine, EXAMPLES, STEPS)
    print(f"\nV1, rollouts, router {machine.router}: {EXAMPLES} runs of up to {STEPS} steps ({told(seen)})")
    assert seen["killed, and done"] > 0
    assert seen["killed, and not done"] > 0


def test_a_rollback_that_revokes_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from jackfield.domain.services.rollouts import recording as module

    def forgetful(state: PromptState, *arguments: object, **named: object) -> PromptState:
        return evolve(settled_state(state, *arguments, **named), revoked=())  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(module, "settled", forgetful)
    with pytest.raises(AssertionError):
        run(OneRollout, 60, STEPS, (Phase.generate,))
