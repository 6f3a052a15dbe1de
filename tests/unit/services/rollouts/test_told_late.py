"""What is told late of a rollout does not bring back what its moves left behind, in memory or on disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from jackfield.domain.model.freshness import Source
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.upstream import live_version
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, House


@pytest.fixture
def halves(rollouts: ActingRollouts) -> ActingRollouts:
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    return rollouts


def known(core: Core) -> Known:
    """What a look that is made now brings."""
    records = core.prompts.operations.records
    loaded = records.known(NAME)
    version = live_version(records, loaded)
    assert version is not None
    return Known(
        version=version,
        confirmed=records.clock.now(),
        origin=Source.LEDGER,
        revision=loaded.revision,
    )


def written(core: Core) -> LastKnown:
    """What is known to be live, once nothing waits to be written of it."""
    kept = core.prompts.live_versions.kept
    writer = kept._writer
    if writer is not None:
        writer.join()
    return kept


def test_a_start_that_is_told_late_does_not_bring_back_what_was_revoked(
    core: Core, halves: ActingRollouts, house: House, wait: Callable[[float], None]
) -> None:
    live, began = core.prompts.live_versions, house.clock.now()
    late = live.upstream.records.known(NAME)
    wait(60)
    halves.stop(NAME, roll_back=True)
    live.learn(late, began)
    core.close()
    there = house.open().prompts.live_versions
    said = live.last_known(NAME), there.last_known(NAME)
    assert [found and (found.trial, found.revoked) for found in said] == [(None, ("1.1.0",))] * 2


def test_an_older_look_that_is_written_later_does_not_bring_back_what_was_revoked(
    core: Core, halves: ActingRollouts, wait: Callable[[float], None]
) -> None:
    older = known(core)
    wait(60)
    halves.stop(NAME, roll_back=True)
    kept, newer = written(core), known(core)
    kept.put_now(newer)
    kept.put_now(older)
    found = kept.get(NAME)
    assert found is not None
    assert (found.version.trial, found.version.revoked) == (None, ("1.1.0",))


def test_a_ledger_that_was_put_back_is_believed(
    core: Core, halves: ActingRollouts, wait: Callable[[float], None]
) -> None:
    before = known(core)
    halves.stop(NAME, roll_back=True)
    kept = written(core)
    kept.put_now(known(core))
    wait(60)
    kept.put_now(evolve(before, confirmed=core.prompts.operations.records.clock.now()))
    found = kept.get(NAME)
    assert found is not None
    assert found.version.trial is not None


@pytest.mark.parametrize("move", ["promoted", "rolled out"])
def test_what_a_change_teaches_is_of_the_revision_that_it_made(
    core: Core, two: ActingPrompts, rollouts: ActingRollouts, move: str
) -> None:
    if move == "promoted":
        two.promote(two.version(NAME, "1.1.0"))
    else:
        rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    taught = core.prompts.live_versions.kept.get(NAME)
    assert taught is not None
    assert taught.revision == core.prompts.operations.records.known(NAME).revision
