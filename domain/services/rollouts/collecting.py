"""Outcomes from the platform's own measurements, where it sends the units itself.

It tells of requests and not of customers: each request is a unit. A request that it tells again is known by
everything it says, and counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from attrs import frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.metrics import Record
from jackfield.domain.model.rollouts import Rollout, Router
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.splits import split_of
from jackfield.domain.services.rollouts.folding import Folding, Outcome
from jackfield.domain.services.rollouts.recording import evidence_of
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import RemoteId

_OVERLAP: Final = timedelta(minutes=10)
"""How late the platform may tell of a request."""
_BATCH: Final = 1_000
_SUCCESS: Final = {1.0: True, 0.0: False}


@frozen(kw_only=True)
class Collecting:
    """Folds what the platform measured since the present step began, or since it was last asked."""

    records: Records
    folding: Folding
    measured: PromptMetrics

    def collect(self, loaded: Loaded) -> None:
        """Fold the requests of *loaded*'s rollout, if it runs and the platform routes it."""
        rollout, remote = loaded.state.running, loaded.state.remote_id
        if rollout is None or remote is None or rollout.plan.router is not Router.PLATFORM:
            return
        newest = evidence_of(self.records, rollout, loaded.name).evidence.newest
        since = max(rollout.since, newest - _OVERLAP) if newest is not None else rollout.since
        until = self.records.clock.now()
        if since >= until:
            return
        readings = self.measured.records(RemoteId(remote), since=since, until=until)
        records = (reading for reading in readings if isinstance(reading, Record))
        outcomes = (self._outcome(loaded.name, rollout, record) for record in records)
        found = (outcome for outcome in outcomes if outcome is not None)
        while batch := list(islice(found, _BATCH)):
            self.folding.write(list(self._news(rollout, batch)), 0)

    def _outcome(self, prompt: str, rollout: Rollout, record: Record) -> Outcome | None:
        """What neither arm answered, or what went well only in part, is no outcome of this comparison."""
        arm, success = _arm(rollout, record), _SUCCESS.get(record.success)
        if arm is None or success is None:
            self.folding.count("not compared")
            return None
        observation = Observation(
            unit=record.key.hex(),
            arm=arm,
            step=rollout.step,
            exposed=record.at,
            at=record.at,
            success=success,
            latency_ms=float(record.latency_ms),
            tokens=record.tokens,
        )
        return Outcome(prompt=prompt, rollout=rollout.id, observation=observation)

    def _news(self, rollout: Rollout, batch: Sequence[Outcome]) -> Iterator[Outcome]:
        """Leave out what was told before: to ask again is no fault of the platform's."""
        organization = self.records.organization
        subjects = [
            Subject(organization, Kind.UNIT, f"{rollout.id}/{outcome.observation.unit}") for outcome in batch
        ]
        known = self.records.ledger.read_all(subjects)
        return (outcome for outcome, found in zip(batch, known, strict=True) if not found.revision)


def _arm(rollout: Rollout, record: Record) -> Arm | None:
    split = split_of(rollout)
    if split is not None and record.variant == split.variant:
        return Arm.TREATMENT
    return Arm.CONTROL if record.version == rollout.baseline else None
