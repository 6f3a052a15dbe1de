"""Whether the service can work: platform, ledger and deliveries, looked at once a second at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from jackfield.adapters.http import Request
from jackfield.domain.model.errors import AuthenticationFailed, JackfieldError
from jackfield.domain.model.events import timestamp
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.shapes.health import Health

if TYPE_CHECKING:
    from jackfield.adapters.genesys.auth import TokenSource
    from jackfield.adapters.genesys.resilience.breaker import Reading
    from jackfield.adapters.http import Send
    from jackfield.domain.services.deliveries import DestinationStatus
    from jackfield.entrypoints.core import Core
    from jackfield.entrypoints.service.advising import CountedAdvice
    from jackfield.entrypoints.service.jobs.job import Job
    from jackfield.entrypoints.service.jobs.watching import Watch
    from jackfield.entrypoints.service.serving import Serving

_FRESH_S: Final = 1.0
_PROBE_S: Final = 15.0
_PROBED: Final = "/api/v2/tokens/me"
_OPEN: Final = "open"
_CLOSED: Final = "closed"
LATE: Final = timedelta(seconds=60)
"""How old the oldest entry may be that a destination lacks, beyond the time between two passes."""
_WORST: Final = (Health.OK, Health.DEGRADED, Health.FAILING)

Part = tuple[Health, str]
_REFUSED: Final[Part] = (Health.FAILING, "it refuses our credentials")
_UNKNOWN: Final[Part] = (Health.FAILING, "they cannot be known while the ledger fails")


@define
class Kept:
    """What was found, for a while: one looks at a time, and whoever asks meanwhile waits for nothing.

    They get what was found last, unless that is older than `seconds` and `patience`; then *meanwhile*.
    """

    look: Callable[[], Any]
    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    meanwhile: Any = None
    patience: float = 10.0
    _found: tuple[float, Any] | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def get(self) -> Any:
        """Return it, at most so old."""
        if self._lock.acquire(blocking=False):
            try:
                known = self._known(self.seconds)
                if known is None:
                    found = self.look()
                    known = self._found = (self.monotonic(), found)
            finally:
                self._lock.release()
        else:
            known = self._known(self.seconds + self.patience)
        return self.meanwhile if known is None else known[1]

    def _known(self, seconds: float) -> tuple[float, Any] | None:
        found = self._found
        return None if found is None or self.monotonic() >= found[0] + seconds else found


@define
class Reach:
    """Whether the platform answers us: by its breakers, else by a call with a token of each of our clients.

    Without `tokens` it is enough that it answers at all.
    """

    core: Core
    send: Send | None
    url: str
    tokens: tuple[TokenSource, ...] = ()
    _kept: Kept = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._kept = Kept(self._probe, _PROBE_S, meanwhile=(Health.FAILING, "it is just being asked"))

    def state(self) -> Part:
        """Return how it is."""
        part: Part = (Health.OK, "embedded") if self.send is None else self._kept.get()
        return max(part, self._by_breakers(), key=lambda each: _WORST.index(each[0]))

    def _by_breakers(self) -> Part:
        """One that would let a probe through fails no longer: who is asked nothing learns nothing."""
        troubled = [each for each in self.core.breakers() if each.state.value != _CLOSED]
        fail = [each for each in troubled if each.state.value == _OPEN and each.probed_in_s]
        if fail:
            return Health.FAILING, f"calls fail: {_operations(fail)}"
        if troubled:
            return (
                Health.DEGRADED,
                f"calls failed, and the next one shows whether they do: {_operations(troubled)}",
            )
        return Health.OK, ""

    def _probe(self) -> Part:
        found = [self._answer(each) for each in self.tokens or (None,)]
        refused = [each for each in found if each == _REFUSED]
        if refused and len(refused) < len(found):
            return Health.DEGRADED, f"it refuses the credentials of {len(refused)} of {len(found)} clients"
        return max(found, key=lambda each: _WORST.index(each[0]))

    def _answer(self, source: TokenSource | None) -> Part:
        """Return how it answers, with a token of that client if there is one."""
        assert self.send is not None  # noqa: S101  # `state` has seen it
        try:
            token = None if source is None else source.current()
            headers = {} if token is None else {"Authorization": f"Bearer {token.secret.reveal()}"}
            response = self.send(Request(method="GET", url=f"{self.url}{_PROBED}", headers=headers))
        except AuthenticationFailed:
            return _REFUSED
        except JackfieldError as error:
            return Health.FAILING, f"it does not answer: {type(error).__name__}"
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Health.FAILING, f"it answers {response.status}"
        if source is not None and token is not None and response.status == HTTPStatus.UNAUTHORIZED:
            source.drop(token)
            return _REFUSED
        return Health.OK, "it answers"


def _operations(readings: list[Reading]) -> str:
    return ", ".join(sorted({each.operation for each in readings}))


def readiness(serving: Serving) -> Mapping[str, Any]:
    """Return how every part is, as it is sent; while nobody knows, and once it is to end, it is failing."""
    if serving.draining.is_set():
        return not_ready("it is about to end")
    found: Mapping[str, Any] = serving.readiness.get()
    return found


def not_ready(why: str) -> Mapping[str, Any]:
    """Return what is sent where no part was looked at."""
    part = {"status": Health.FAILING.value, "detail": why}
    parts = {"platform": part, "ledger": part, "deliveries": part}
    return {"status": Health.FAILING.value, **parts, "jobs": []}


def looked(
    core: Core, jobs: tuple[Job, ...], reach: Reach, watch: Watch, counted: CountedAdvice
) -> Mapping[str, Any]:
    """Look at every part."""
    ledger = _ledger(core, watch, counted)
    parts = {
        "platform": reach.state(),
        "ledger": ledger,
        "deliveries": _deliveries(core, jobs) if ledger[0] is Health.OK else _UNKNOWN,
    }
    worst = max((status for status, _ in parts.values()), key=_WORST.index)
    return {
        "status": worst.value,
        **{name: {"status": status.value, "detail": detail} for name, (status, detail) in parts.items()},
        "jobs": [_job(each) for each in jobs],
    }


def _ledger(core: Core, watch: Watch, counted: CountedAdvice) -> Part:
    """Return how it is: what somebody who watches it found last, and what waits to be written."""
    trouble = watch.trouble()
    if trouble is not None:
        return Health.FAILING, trouble
    waiting = core.rollouts.buffer.failing or counted.unwritten()
    if waiting is not None:
        return Health.FAILING, f"it can be read, and not be written: {type(waiting).__name__}"
    return Health.OK, "it can be read and written"


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
        "behind": 0 if job is None else sum(_is_late(each, _now(core) - job.every) for each in found),
    }
    troubles = [f"{count} {what}" for what, count in counts.items() if count]
    if troubles:
        return Health.DEGRADED, f"of {len(found)} destinations: {', '.join(troubles)}"
    return Health.OK, f"{len(found)} destination{'' if len(found) == 1 else 's'}"


def _now(core: Core) -> datetime:
    return core.prompts.operations.records.clock.now()


def _is_late(found: DestinationStatus, last_pass: datetime) -> bool:
    """Whether what it lacks has been waiting for long, and for nobody to act."""
    return not found.settled and found.oldest is not None and found.oldest < last_pass - LATE


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
