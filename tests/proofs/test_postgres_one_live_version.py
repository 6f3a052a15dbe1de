"""Promise PG: V1 with a machine for each process, on one platform and one PostgreSQL ledger."""

from __future__ import annotations

import pytest

from tests.proofs.live_machine import OneLiveVersionOnPostgres, seen
from tests.proofs.mortal_machines import OnPostgres, run, told
from tests.proofs.sizes import sized

EXAMPLES = sized(5, full=100)
STEPS = sized(25, full=50)


def test_one_version_is_live_at_every_step_on_several_machines(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen.clear()
    monkeypatch.setattr(OnPostgres, "url", postgres)
    run(OneLiveVersionOnPostgres, EXAMPLES, STEPS)
    print(f"\nPG V1: {EXAMPLES} runs of up to {STEPS} steps agree with the model ({told(seen)})")
