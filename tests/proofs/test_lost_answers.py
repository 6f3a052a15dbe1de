"""H5: a creation whose answer is lost is never sent twice, nor lost in silence: reading back decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import OutcomeUnknown, PlatformRejected
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from tests.proofs.losses import (
    EVERY_TRY,
    Arrivals,
    and_all_readings,
    reset,
    sending_again,
    version_made,
)
from tests.proofs.sizes import sized

RESETS = sized(60, full=300)
EXPIRY = timedelta(seconds=121)


def definition(number: int) -> PromptDefinition:
    """Five versions a prompt: the first makes the prompt, the others are added to it."""
    name, version = f"prompt-{number // 5}", f"1.{number % 5}.0"
    return PromptDefinition(name=name, version=version, model="m", max_tokens=99, template=f"Say {number}.")


@define
class House:
    """A core whose line to the platform is cut."""

    core: Core
    clock: FrozenClock
    line: Line
    arrivals: Arrivals

    @property
    def me(self) -> ActingPrompts:
        return self.core.acting_as("proof", reason="h5").prompts

    def recovered(self, number: int) -> bool:
        """The answer is lost; the platform, read back, shows it: nothing is noticed."""
        self.line.cut("POST", When.AFTER, reset)
        self.me.publish(definition(number))
        return True

    def told(self, number: int) -> bool:
        """The answer is lost, and so is every answer to reading back."""
        return self._unknown(number, When.AFTER)

    def never_sent(self, number: int) -> bool:
        """It never arrived, which nobody can tell from a lost answer."""
        return self._unknown(number, When.BEFORE)

    def _unknown(self, number: int, when: When) -> bool:
        self.line.cut("POST", when, lambda: and_all_readings(self.line))
        with pytest.raises(OutcomeUnknown):
            self.me.publish(definition(number))
        self.clock.advance(EXPIRY)
        self.me.publish(definition(number))
        return True


def _house(folder: Path, between: Callable[[Send], Send] = lambda send: send) -> House:
    clock = FrozenClock()
    arrivals = Arrivals(Platform(clock=clock), version_made)
    line = Line(arrivals)
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=folder / "state",
        calls=EVERY_TRY,
    )
    core = build(settings, Parts(clock=clock, send=between(line)))
    core.prompts.operations.gateway.find("nothing")  # has a token from now on
    return House(core, clock, line, arrivals)


def test_a_creation_whose_answer_is_lost_happens_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = _house(tmp_path)
    ways = (house.recovered, house.told, house.never_sent)
    with house.core:
        done = [ways[number % len(ways)](number) for number in range(RESETS)]
        published = [(d.name, d.version) for d in map(definition, range(RESETS))]
        kept = [house.me.version(*each).number for each in published]
    with capsys.disabled():
        print(f"\nH5: {RESETS} lost answers, {house.arrivals.made.total()} creations, none twice")
    assert len(done) == len(kept) == house.arrivals.made.total() == RESETS
    assert {*house.arrivals.arrived.values()} == {1}


def test_the_same_count_catches_a_client_that_sends_everything_again(tmp_path: Path) -> None:
    house = _house(tmp_path, sending_again)
    with house.core, pytest.raises(PlatformRejected):
        house.recovered(0)
    assert house.arrivals.arrived.total() == 2
