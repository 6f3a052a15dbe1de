"""A split that the platform makes, judged by what it measured: from its pages to the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Behavior, Platform, Traffic
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.judging import Ruling, Standing, Verdict, judge
from jackfield.domain.model.evidence.measured import Routed, Window, observations
from jackfield.domain.model.evidence.observations import Note, fold
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.ports.prompts import Split

HOUR = timedelta(hours=1)
SHARE = 2_000


@frozen
class Canary:
    """A prompt of which the platform gives 1.1.0 a fifth of the conversations."""

    core: Core
    platform: Platform
    clock: FrozenClock
    began: datetime

    def lives(self, count: int, **versions: Behavior) -> None:
        """Let an hour pass with *count* conversations."""
        self.clock.advance(HOUR)
        named = {"1.0.0": versions["old"], "1.1.0": versions["new"]}
        self.platform.converse("greeting", count, over=HOUR, traffic=Traffic(seed=7, versions=named))

    def judged(self) -> tuple[Verdict, set[Note]]:
        """Read, fold and judge; return also what became of the records."""
        routed = Routed(
            baseline="1.0.0",
            candidate="1.1.0",
            variant="canary",
            windows=(Window(step=0, opened=self.began),),
            sure=self.began,
        )
        readings = self.core.metrics.records("greeting", since=self.began)
        folded = fold(observations(readings, routed, now=self.clock.now()), {}, now=self.clock.now())
        standing = Standing(shares=(SHARE, 10_000), step=0, since=self.began, routed=True)
        return judge(Guard(), folded.evidence, standing, now=self.clock.now()), set(folded.notes)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    clock = FrozenClock()
    platform = Platform(clock=clock)
    settings = Settings(
        target="test", platform="simulator", organization=organization("test"), folder=tmp_path / "s" / "test"
    )
    with build(settings, Parts(clock=clock, send=platform.send)) as core:
        me = core.acting_as("ci", reason="test")
        for version in ("1.0.0", "1.1.0"):
            me.prompts.publish(
                PromptDefinition(
                    name="greeting", version=version, model="m", max_tokens=100, template=f"Hi of {version}."
                )
            )
        gateway = core.prompts.operations.gateway
        remote = gateway.find("greeting")
        assert remote is not None
        gateway.split(remote.id, Split(version="1.1.0", share=SHARE, variant="canary"), version="1.1.0")
        yield Canary(core, platform, clock, clock.now())


def test_a_version_that_does_harm_is_rolled_back(canary: Canary) -> None:
    canary.lives(2_000, old=Behavior(success=0.95), new=Behavior(success=0.7))
    assert canary.judged()[0].ruling is Ruling.ROLL_BACK


def test_a_version_that_gets_worse_by_the_hour_is_rolled_back(canary: Canary) -> None:
    for _ in range(4):
        canary.lives(1_000, old=Behavior(), new=Behavior(success_drift=-0.15))
    assert canary.judged()[0].ruling is Ruling.ROLL_BACK


def test_a_harmless_version_is_not(canary: Canary) -> None:
    canary.lives(2_000, old=Behavior(success=0.95), new=Behavior(success=0.95))
    verdict, notes = canary.judged()
    assert (verdict.ruling is Ruling.ROLL_BACK, notes) == (False, {Note.COUNTED, Note.UNSURE})


def test_the_platforms_split_is_no_mismatch_of_the_shares(canary: Canary) -> None:
    canary.lives(5_000, old=Behavior(), new=Behavior())
    assert canary.judged()[0].figures.sample_ratio_p > 0.001
