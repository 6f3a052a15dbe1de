"""F1: whatever is read (settings, plans, prompts, faults, caches, anchors, answers), only our errors come."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from tests.proofs.readers import Bench, Take
from tests.proofs.sizes import sized

SHARES: Final = {
    "settings": (150, 5_000),
    "environment": (60, 1_000),
    "plan_bytes": (25, 1_000),
    "plan_applied": (25, 1_500),
    "prompt": (150, 3_000),
    "fault": (300, 1_500),
    "control": (200, 1_500),
    "entry": (150, 1_500),
    "check_entry": (150, 1_000),
    "anchors": (100, 1_000),
    "moment": (150, 1_000),
    "headers": (25, 1_000),
}
"""How many inputs of each kind: small, full."""


def travels(error: JackfieldError) -> None:
    """An error says the same in another process."""
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  # written just now


@define
class Trial:
    """What came of bad inputs: how many were refused in our words, and what escaped in somebody else's."""

    tried: int = 0
    refused: int = 0
    escaped: list[str] = field(factory=list[str])

    def run(self, name: str, times: int, take: Take) -> None:
        """Let *take* read *times* inputs, each by a seed that its escape is named by."""
        for number in range(times):
            self.tried += 1
            try:
                take(random.Random(f"{name} {number}"))  # inputs by a seed, no secrets
            except JackfieldError as error:
                self.refused += 1
                travels(error)
            except Exception as error:  # noqa: BLE001  # that is what is looked for
                self.escaped.append(f"{name} {number}: {error!r:.300}")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.mark.parametrize("kind", SHARES)
def test_bad_input_raises_only_our_errors(kind: str, bench: Bench) -> None:
    small, full = SHARES[kind]
    trial = Trial()

    trial.run(kind, sized(small, full=full), getattr(bench, kind))

    print(f"\nF1: {kind}: {trial.tried} bad inputs, {trial.refused} refused, {len(trial.escaped)} escaped")
    assert (trial.escaped, 0 < trial.refused < trial.tried) == ([], True)


def test_an_error_of_somebody_else_is_found() -> None:
    trial = Trial()

    def take(source: random.Random) -> None:
        if source.random() < 0.01:
            raise KeyError("somebody else's")
        raise InvalidInput("ours")

    trial.run("planted", 1_000, take)

    assert (trial.tried, len(trial.escaped) > 0, trial.refused) == (1_000, True, 1_000 - len(trial.escaped))
