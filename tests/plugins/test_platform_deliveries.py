"""What a destination asks the target's own platform ends while its lease lasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings
from jackfield.plugins.samples import CANDIDATE

HOUR: Final = timedelta(hours=1)
AUDITS: Final = "/auditlogs"


@define
class Slow:
    """A platform whose log answers nobody, after all the time that it is given."""

    platform: Platform
    clock: FrozenClock
    given: list[timedelta] = field(factory=list[timedelta])

    def __call__(self, request: Request) -> Response:
        if not request.url.endswith(AUDITS):
            return self.platform.send(request)
        self.given.append(request.deadline)
        return Response(status=429, headers={"retry-after": "40"})


@pytest.fixture
def slow() -> Slow:
    clock = FrozenClock()
    return Slow(Platform(clock=clock), clock)


def _core(slow: Slow, folder: Path, calls: CallRules) -> Core:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("test"),
        folder=folder,
        calls=calls,
        rules=Rules(plugins=OwnPlugins(tables={"genesys-audit": {}})),
    )
    return build(settings, Parts(clock=slow.clock, send=slow, bulk=True))


@pytest.fixture
def core(slow: Slow, tmp_path: Path) -> Iterator[Core]:
    with _core(slow, tmp_path, CallRules()) as core:
        yield core


def test_bulk_work_waits_for_the_platform_s_log_no_longer_than_a_person(core: Core, slow: Slow) -> None:
    core.acting_as("mina", reason="CHG-1").prompts.publish(CANDIDATE.definition)
    begun = slow.clock.monotonic()
    core.deliveries.run(HOUR)
    assert slow.given == [timedelta(seconds=20)]
    assert slow.clock.monotonic() - begun < 20


def test_it_is_left_alone_for_as_long_as_it_asks(core: Core, slow: Slow) -> None:
    core.acting_as("mina", reason="CHG-1").prompts.publish(CANDIDATE.definition)
    core.deliveries.run(HOUR)
    (found,) = core.deliveries.status()
    assert found.next_try is not None
    assert found.next_try >= slow.clock.now() + timedelta(seconds=40)


@pytest.mark.parametrize("seconds", [1.0, 20.0, 300.0])
def test_a_lease_is_longer_than_a_batch_and_its_last_call(slow: Slow, tmp_path: Path, seconds: float) -> None:
    calls = evolve(CallRules(), person_deadline_s=seconds)
    with _core(slow, tmp_path, calls) as core:
        pause = core.deliveries.passing.pause
        patience = core.host.patience.delivery
    longest = max(timedelta(seconds=seconds), patience)
    assert pause.lease == pause.batch + longest + timedelta(seconds=30)
