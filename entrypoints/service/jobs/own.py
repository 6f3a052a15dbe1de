"""The jobs of a service: deliveries, and the steps of rollouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from jackfield.domain.model.errors import JackfieldError, NotFound
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.jobs.attending import session_jobs
from jackfield.entrypoints.service.jobs.job import Job
from jackfield.entrypoints.settings.service import ServiceRules

DELIVERIES: Final = "deliveries"
STEPS: Final = "rollout-steps"
ACTOR: Final = "service:jackfield"
_LONGEST: Final = timedelta(seconds=60)


def own_jobs(core: Core, rules: ServiceRules) -> Iterator[Job]:
    """Yield the jobs that the settings want; a new job is a line here."""
    made = partial(_job, core)
    if rules.deliveries_s:
        yield made(DELIVERIES, rules.deliveries_s, lambda: core.deliveries.run(_LONGEST))
    if rules.steps_s:
        yield made(STEPS, rules.steps_s, lambda: _step(core, rules.steps_s))
    for name, seconds, work in session_jobs(core, rules.sessions_s):
        yield made(name, seconds, work)


def _job(core: Core, name: str, seconds: float, work: Callable[[], object]) -> Job:
    operations = core.prompts.operations
    return Job(
        name=name,
        every=timedelta(seconds=seconds),
        work=work,
        leases=operations.leases,
        organization=operations.records.organization,
        holder=operations.owner,
        clock=operations.records.clock,
    )


def _step(core: Core, seconds: float) -> None:
    """Make the one move that each running rollout may make; what keeps one from it keeps no other."""
    me = core.acting_as(ACTOR, reason=f"every {seconds:g} s").rollouts
    records, failed = core.prompts.operations.records, list[JackfieldError]()
    for name in records.names():
        rollout = records.load(name).state.rollout
        if rollout is None or rollout.ended:
            continue
        try:
            me.step(name)
        except NotFound:
            continue
        except JackfieldError as error:
            failed.append(error)
    if failed:
        raise failed[0]
