"""Whether the service can work: platform, ledger and deliveries, looked at once a second at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from jackfield.adapters.http import Request
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import timestamp
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.shapes.health import Health

if TYPE_CHECKING:
    from jackfield.adapters.http import Send
    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.service.advising import CountedAdvice
    from jackfield.entrypoints.service.jobs.job import Job
    from jackfield.entrypoints.service.serving import Serving

_FRESH_S: Final = 1.0
_PROBE_S: Final = 15.0
_PROBED: Final = "/api/v2/tokens/me"
_OPEN: Final = "open"
_WORST: Final = (Health.OK, Health.DEGRADED, Health.FAILING)

Part = tuple[Health, str]


@define
class Kept:
    """What was found, for a while: whoever asks meanwhile gets the same, and one looks at a time."""

    look: Callable[[], Any]
    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _found: Any = field(default=None, init=False)
    _until: float | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def get(self) -> Any:
        """Return it, at most so old."""
        with self._lock:
            if self._until is None or self.monotonic() >= self._until:
                self._found = self.look()
                self._until = self.monotonic() + self.seconds
            return self._found


@define
class Reach:
    """Whether the platform answers at all: by its breakers, else by a call without a token."""

    core: Core
    send: Send | None
    url: str
    _kept: Kept = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._kept = Kept(self._probe, _PROBE_S)

    def state(self) -> Part:
        """Return how it is."""
        opened = [each for each in self.core.breakers() if each.state.value == _OPEN]
        if opened:
            return Health.FAILING, f"calls fail: {', '.join(sorted({each.operation for each in opened}))}"
        if self.send is None:
            return Health.OK, "embedded"
        found: Part = self._kept.get()
        return found

    def _probe(self) -> Part:
        if self.send is None:
            return Health.OK, "embedded"
        try:
            response = self.send(Request(method="GET", url=f"{self.url}{_PROBED}"))
        except JackfieldError as error:
            return Health.FAILING, f"it does not answer: {type(error).__name__}"
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Health.FAILING, f"it answers {response.status}"
        return Health.OK, "it answers"


def readiness(serving: Serving) -> Mapping[str, Any]:
    """Return how every part is, as it is sent."""
    found: Mapping[str, Any] = serving.readiness.get()
    return found


def looked(
    core: Core, jobs: tuple[Job, ...], reach: Reach, counted: CountedAdvice | None = None
) -> Mapping[str, Any]:
    """Look at every part."""
    parts = {
        "platform": reach.state(),
        "ledger": _ledger(core, counted),
        "deliveries": _deliveries(core, jobs),
    }
    worst = max((status for status, _ in parts.values()), key=_WORST.index)
    return {
        "status": worst.value,
        **{name: {"status": status.value, "detail": detail} for name, (status, detail) in parts.items()},
        "jobs": [_job(each) for each in jobs],
    }


def _ledger(core: Core, counted: CountedAdvice | None) -> Part:
    """Return how it is. (Nothing is written to find out: what waits to be written tells it.)"""
    try:
        core.audit.ledger.head(core.audit.organization)
    except JackfieldError as error:
        return Health.FAILING, f"it cannot be read: {type(error).__name__}"
    waiting = core.rollouts.buffer.failing or (counted and counted.unwritten())
    if waiting is not None:
        return Health.FAILING, f"it can be read, and not be written: {type(waiting).__name__}"
    return Health.OK, "it can be read"


def _deliveries(core: Core, jobs: tuple[Job, ...]) -> Part:
    job = next((each for each in jobs if each.name == DELIVERIES), None)
    if job is not None and job.is_failing:
        return Health.FAILING, f"{job.in_a_row} passes failed in a row"
    try:
        found = core.deliveries.status()
    except JackfieldError as error:
        return Health.FAILING, f"they cannot be read: {type(error).__name__}"
    counts = {
        "broken": sum(each.broken is not None for each in found),
        "disabled": sum(each.disabled is not None for each in found),
        "with dead letters": sum(bool(each.dead) for each in found),
    }
    troubles = [f"{count} {what}" for what, count in counts.items() if count]
    if troubles:
        return Health.DEGRADED, f"of {len(found)} destinations: {', '.join(troubles)}"
    return Health.OK, f"{len(found)} destinations"


def _job(job: Job) -> Mapping[str, Any]:
    status = Health.FAILING if job.is_failing else Health.DEGRADED if job.in_a_row else Health.OK
    return {
        "name": job.name,
        "status": status.value,
        "runs": job.runs,
        "passed": job.passed,
        "errors": job.errors,
        "last": None if job.last is None else timestamp(job.last),
    }
