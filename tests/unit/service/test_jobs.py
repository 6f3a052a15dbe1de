"""Work beside the requests: one replica does it, errors are counted, it ends when it is to end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.sessions.ends import EndReason
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.jobs.attending import ENDS, RECOVERY
from jackfield.entrypoints.service.jobs.job import FAILING, Job
from jackfield.entrypoints.service.jobs.own import DELIVERIES, STEPS, own_jobs
from jackfield.entrypoints.settings.service import ServiceRules
from tests.unit.service.house import NAME, opened, published


def job(core: Core, work: object, *, holder: str = "a") -> Job:
    operations = core.prompts.operations
    return Job(
        name="tidy",
        every=timedelta(hours=1),
        work=work,  # type: ignore[arg-type]
        leases=operations.leases,
        organization=operations.records.organization,
        holder=holder,
        clock=operations.records.clock,
    )


def test_only_one_replica_does_it_at_a_time(core: Core) -> None:
    other = job(core, lambda: None, holder="b")
    seen = list[bool]()
    first = job(core, lambda: seen.append(other.once()))
    assert (first.once(), seen, other.passed, other.once()) == (True, [False], 1, True)


def test_errors_are_counted_and_the_next_time_may_be_better(core: Core) -> None:
    outcomes = [Unavailable("away"), Unavailable("away"), ValueError("a secret"), None]

    def work() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    found = job(core, work)
    for _ in range(FAILING):
        found.once()
    failing, trouble = found.is_failing, found.trouble
    found.once()
    assert (failing, trouble, found.errors, found.is_failing, found.runs) == (True, "ValueError", 3, False, 1)


def test_it_runs_when_it_is_woken_and_ends_when_it_is_to_end(core: Core) -> None:
    done = Event()
    found = job(core, done.set)
    found.start()
    found.wake()
    woken = done.wait(10)
    found.stop()
    assert (woken, found.join(10)) == (True, True)


def test_the_settings_say_which_jobs_there_are(core: Core) -> None:
    def names(**rules: float) -> list[str]:
        return [each.name for each in own_jobs(core, ServiceRules(**rules))]  # type: ignore[arg-type]

    assert names() == [DELIVERIES, STEPS, RECOVERY, ENDS]
    assert names(deliveries_s=0) == [STEPS, RECOVERY, ENDS]
    assert names(deliveries_s=0, steps_s=0, sessions_s=0) == []


def test_rollouts_that_run_are_stepped(core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    me = core.acting_as("user:mina", reason="CHG-4").rollouts
    me.start(NAME, "1.1.0", shares=("50%", "100%"))
    steps = next(each for each in own_jobs(core, ServiceRules()) if each.name == STEPS)
    steps.once()
    last = core.audit.last(1)[0].event
    assert (steps.errors, last.actor, last.type.startswith("rollout.")) == (0, "service:jackfield", True)


def test_what_ended_while_no_service_ran_is_read_back_before_it_is_ended_for_its_age(tmp_path: Path) -> None:
    clock = FrozenClock()
    platform = Platform(clock=clock)
    with opened(tmp_path, Parts(clock=clock, send=platform.send, dial=platform.dial)) as core:
        session = core.acting_as("user:mina", reason="the chat").sessions.start(
            bot="bot-id-123", customer="c"
        )
        clock.advance(timedelta(minutes=1))
        platform.end(session.view().conversation or "", "abandoned")
        clock.advance(timedelta(hours=1))
        recovery = next(each for each in own_jobs(core, ServiceRules()) if each.name == RECOVERY)
        recovery.once()
        end = session.view().end
        assert end is not None
        assert (recovery.errors, end.reason) == (0, EndReason.TRIGGERED_BY_USER)


def test_a_platform_that_cannot_be_read_back_keeps_nothing_from_being_recovered(tmp_path: Path) -> None:
    clock = FrozenClock()
    platform = Platform(clock=clock)

    def send(request: Request) -> Response:
        if "analytics" in request.url:
            raise Unavailable("the line is cut")
        return platform.send(request)

    with opened(tmp_path, Parts(clock=clock, send=send, dial=platform.dial)) as core:
        session = core.acting_as("user:mina", reason="the chat").sessions.start(
            bot="bot-id-123", customer="c"
        )
        clock.advance(timedelta(hours=1))
        recovery = next(each for each in own_jobs(core, ServiceRules()) if each.name == RECOVERY)
        recovery.once()
        end = session.view().end
        assert end is not None
        assert (recovery.errors, end.reason) == (0, EndReason.SESSION_EXPIRED)
