"""Under `make test` the same code is given the same examples, under `make proof` others each time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import constants_from_module
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.proofs.sizes import FULL

only_small = pytest.mark.skipif(FULL, reason="examples are others each time")


def examples() -> list[int]:
    """What a test of integers is given."""
    found = list[int]()

    @settings(max_examples=300)
    @given(st.integers())
    def drawn(number: int) -> None:
        found.append(number)

    drawn()
    return found


def steps() -> list[int]:
    """What a state machine is given that is run as the proofs run theirs."""
    found = list[int]()

    class Machine(RuleBasedStateMachine):
        @rule(number=st.integers())
        def step(self, number: int) -> None:
            found.append(number)

    run_state_machine_as_test(Machine, settings=settings(max_examples=20, stateful_step_count=10))
    return found


def test_examples_are_the_same_each_time_unless_the_proofs_are_full() -> None:
    assert (examples() == examples(), steps() == steps()) == (not FULL, not FULL)


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module with constants that a test could draw, loaded as by a test before."""
    numbers = ", ".join(str(n * 10**9 + 7) for n in range(2, 200))
    (tmp_path / "odd_numbers.py").write_text(f"ODD = [{numbers}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("odd_numbers")
    del sys.modules["odd_numbers"]
    providers.CONSTANTS_CACHE.cache.clear()


@only_small
def test_examples_do_not_depend_on_what_was_loaded(request: pytest.FixtureRequest) -> None:
    before = examples()
    request.getfixturevalue("loaded")
    assert examples() == before


@only_small
def test_control_constants_of_a_module_would_be_drawn(
    loaded: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = examples()
    found = constants_from_module(loaded)
    monkeypatch.setattr(providers, "_get_local_constants", lambda: found)
    providers.CONSTANTS_CACHE.cache.clear()
    assert examples() != before
