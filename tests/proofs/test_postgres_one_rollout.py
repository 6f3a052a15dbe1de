"""Promise PG: V1 of rollouts with a machine for each process, on one platform and one PostgreSQL ledger."""

from __future__ import annotations

import pytest

from tests.proofs.mortal_machines import OnPostgres, run, told
from tests.proofs.rollout_machine import OneRolloutOnPostgres, OneRoutedRolloutOnPostgres, seen
from tests.proofs.sizes import sized

EXAMPLES = sized(4, full=100)
STEPS = sized(20, full=50)


@pytest.mark.parametrize("machine", [OneRolloutOnPostgres, OneRoutedRolloutOnPostgres])
def test_one_rollout_at_most_runs_on_several_machines(
    postgres: str, machine: type[OnPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.clear()
    monkeypatch.setattr(OnPostgres, "url", postgres)
    run(machine, EXAMPLES, STEPS)
    print(
        f"\nPG V1, rollouts, router {machine.router}: {EXAMPLES} runs of up to {STEPS} steps ({told(seen)})"
    )
