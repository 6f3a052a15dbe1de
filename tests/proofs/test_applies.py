"""After anything that people do, an apply leaves nothing to do, and undoes nothing of theirs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import define, evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.history import Move
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.planning import Plan, Result, deciding
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.proofs.sizes import sized

NUMBERS = ("1.0.0", "1.1.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "2.0.0")
ROUNDS = sized(60, full=2_000)
_OFTEN = (2, 6, 6, 1, 1, 1)
"""How often people publish, promote, roll back, freeze, unfreeze and edit."""
_MOSTLY = 0.7
"""How often the folder has exactly what was published."""


def definition(name: str, number: str) -> PromptDefinition:
    return PromptDefinition(
        name=name, version=number, model="m", max_tokens=99, template=f"Text of {number}."
    )


@define
class People:
    """What people do to a prompt besides; each may be refused."""

    me: ActingPrompts
    dice: random.Random

    def act(self, name: str) -> None:
        deeds: Mapping[str, Callable[[], object]] = {
            "publish": lambda: self.me.publish(definition(name, self.dice.choice(NUMBERS))),
            "promote": lambda: self.me.promote(self.me.version(name, self._known(name))),
            "roll back": lambda: self.me.roll_back(name),
            "freeze": lambda: self.me.roll_back(name, freeze=True),
            "unfreeze": lambda: self.me.unfreeze(name),
            "edit": lambda: self._edit(name),
        }
        with suppress(JackfieldError):
            deeds[self.dice.choices([*deeds], _OFTEN)[0]]()

    def _known(self, name: str) -> str:
        return self.dice.choice(_published(self.me, name) or NUMBERS)

    def _edit(self, name: str) -> None:
        gateway = self.me.operations.gateway
        found = gateway.find(name)
        if found is not None:
            edited = evolve(found.live, version=f"9.0.{self.dice.randrange(99)}", template="Edited.")
            gateway.activate(found.id, edited)


def a_round(core: Core, seed: int) -> str:
    """Let people act, apply, and return what does not hold, or nothing."""
    dice = random.Random(seed)
    me = core.acting_as("ci", reason="a proof").prompts
    name = f"prompt-{seed}"
    for number in NUMBERS[: dice.choice((0, 1, 3, 5, 6))]:
        me.publish(definition(name, number))
    for _ in range(dice.randrange(12)):
        People(me, dice).act(name)
    known = _published(me, name) if dice.random() < _MOSTLY else ()
    files = [definition(name, n) for n in known or dice.sample(NUMBERS, dice.randint(1, 4))]
    plan = me.plan(files, promote=True)
    was = _live(me, name)
    (outcome,) = me.apply(plan)
    return _fault(me, plan, outcome.result, was) or _left(me, files, plan)


def _published(me: ActingPrompts, name: str) -> tuple[str, ...]:
    return tuple(n for n in NUMBERS if n in me.operations.records.load(name).state.versions)


def _live(me: ActingPrompts, name: str) -> tuple[str, Move] | None:
    with suppress(JackfieldError):
        entry = me.log(name)[-1].activation
        return entry.version, entry.move
    return None


def _fault(me: ActingPrompts, plan: Plan, result: Result, was: tuple[str, Move] | None) -> str:
    (planned,) = plan.prompts
    if planned.holds:
        return "" if result is Result.FAILED and _live(me, planned.name) == was else "what was held was done"
    if result is Result.FAILED:
        return "what was not held failed"
    now = _live(me, planned.name)
    if was and was[1] is Move.ROLLED_BACK and now != was and now and now[0] in _rolled_back(me, planned.name):
        return "a rollback was undone"
    return ""


def _rolled_back(me: ActingPrompts, name: str) -> set[str]:
    """The version that the last rollback before the newest entry left."""
    entries = [e.activation for e in me.log(name)][:-1]
    return {entries[-2].version} if len(entries) > 1 and entries[-1].move is Move.ROLLED_BACK else set()


def _left(me: ActingPrompts, files: list[PromptDefinition], plan: Plan) -> str:
    again = me.plan(files, promote=True)
    if not plan.held and (again.pending or again.held):
        return "something is left to do"
    before = me.operations.records.ledger.head(plan.organization)
    me.apply(again)
    same = me.operations.records.ledger.head(plan.organization) == before
    return "" if same or again.pending else "an apply of nothing wrote to the log"


@pytest.fixture
def core(tmp_path: Path) -> Core:
    clock = FrozenClock()
    settings = Settings(
        target="proof", platform="simulator", organization=organization("proof"), folder=tmp_path / "state"
    )
    return build(settings, Parts(clock=clock, send=Platform(clock=clock).send))


def faults(core: Core, rounds: int) -> Iterator[tuple[int, str]]:
    with core:
        yield from ((seed, fault) for seed in range(rounds) if (fault := a_round(core, seed)))


@pytest.mark.timeout(900)  # at its full size
def test_an_apply_does_what_is_left_and_undoes_nothing(core: Core) -> None:
    found = list(faults(core, ROUNDS))

    print(f" {ROUNDS} rounds of people's work and an apply, {len(found)} faults")
    assert found == []


def test_an_apply_that_forgets_rollbacks_is_found(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bool:
        return False

    monkeypatch.setattr(deciding, "was_rolled_back", never)

    assert any(fault == "a rollback was undone" for _, fault in faults(core, 120))
