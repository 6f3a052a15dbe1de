"""What calls tell while they are made: debug lines, and measurements for whoever listens."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from attrs import frozen
from loguru import logger

from jackfield.adapters.genesys.resilience.breaker import Reading
from jackfield.adapters.http import Request
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Organization
from jackfield.ports.telemetry import Measure, unheard

_NOBODY: Final = Organization("-")


@frozen(kw_only=True)
class Telemetry:
    """Tells of attempts, waits and breakers; labels are the operation, the host and the outcome."""

    organization: Organization = _NOBODY
    measure: Measure = unheard

    def attempt(self, request: Request, **said: str | int) -> None:
        """Tell of one attempt, without its query, headers and bodies."""
        path = urlsplit(request.url).path
        logger.bind(method=request.method, path=path, operation=request.operation, **said).debug(
            "platform call"
        )

    def call(self, request: Request, outcome: str, *, took: float, attempts: int) -> None:
        """Tell of a whole call: its seconds, and how many attempts it needed."""
        if self.measure is unheard:
            return
        self._heard(request, "jackfield.call.duration", took, "s", outcome)
        self._heard(request, "jackfield.call.attempts", attempts, "{attempt}", outcome)

    def backoff(self, request: Request, reason: str, wait_s: float) -> None:
        """Tell of a wait before the next attempt."""
        logger.bind(operation=request.operation, reason=reason, wait_s=round(wait_s, 3)).debug(
            "platform call waits"
        )
        self._heard(request, "jackfield.call.backoff", wait_s, "s", reason)

    def queued(self, request: Request, wait_s: float, depth: int) -> None:
        """Tell of a wait in the queue, and of how many still wait."""
        logger.bind(operation=request.operation, wait_s=round(wait_s, 3), depth=depth).debug(
            "platform call waited in the queue"
        )
        self._heard(request, "jackfield.queue.wait", wait_s, "s")
        self._heard(request, "jackfield.queue.depth", depth, "{call}")

    def breaker(self, reading: Reading) -> None:
        """Tell of a breaker that has changed its state."""
        logger.bind(host=reading.host, operation=reading.operation, state=reading.state.value).debug(
            "circuit breaker changed"
        )
        labels = {"operation": reading.operation, "host": reading.host, "outcome": reading.state.value}
        self.measure(
            Measurement(
                organization=self.organization,
                name="jackfield.breaker.transitions",
                value=1,
                unit="{transition}",
                labels=labels,
            )
        )

    def _heard(self, request: Request, name: str, value: float, unit: str, outcome: str = "") -> None:
        labels = {"operation": request.operation, "host": host_of(request)}
        if outcome:
            labels["outcome"] = outcome
        self.measure(
            Measurement(organization=self.organization, name=name, value=value, unit=unit, labels=labels)
        )


def host_of(request: Request) -> str:
    """Return the host that is asked, without a user."""
    return urlsplit(request.url).netloc.rpartition("@")[2]
