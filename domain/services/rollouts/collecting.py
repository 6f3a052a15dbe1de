"""Outcomes from the platform's own measurements, where it sends the units itself.

It tells of requests and not of customers: each request is a unit, known again by everything it says. So what
it tells late, again or in another order is read again and counts once, and an error in the middle loses
nothing: how far it was read moves only after the last page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from attrs import define, evolve, frozen

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.evidence.measured import Routed, observations
from jackfield.domain.model.evidence.observations import SKEW
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.metrics import Reading, Record
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.routers import Router
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.splits import split_drift, variant_of
from jackfield.domain.services.rollouts.folding import Folding
from jackfield.domain.services.rollouts.recording import evidence_of
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import PromptGateway, RemoteId

OVERLAP: Final = timedelta(minutes=10)
"""How late the platform may tell of a request."""
_BATCH: Final = 1_000
_AHEAD: Final = timedelta(days=366)
"""How far a platform's clock is looked ahead of ours."""


@frozen(kw_only=True)
class Collected:
    """What came of collecting.

    `split` says how the platform routes otherwise than the rollout wants; then nothing counts. `ahead` is how
    many records lie further after now than clocks may be apart; it is looked for where no new one was told.
    """

    split: str | None = None
    ahead: int = 0


@define
class _Newest:
    """The time of the newest record that passed."""

    at: datetime | None

    def seen(self, readings: Iterable[Reading]) -> Iterator[Reading]:
        for reading in readings:
            if isinstance(reading, Record) and (self.at is None or reading.at > self.at):
                self.at = reading.at
            yield reading


@frozen(kw_only=True)
class Collecting:
    """Folds what the platform measured since the rollout began, or since it was last read."""

    records: Records
    gateway: PromptGateway
    folding: Folding
    measured: PromptMetrics

    def collect(self, loaded: Loaded) -> Collected:
        """Fold the requests of *loaded*'s rollout, if it runs and the platform routes it.

        Nothing is folded while a change of it is under way: nobody knows its share then. Nor is it while the
        platform routes otherwise, which is said: what it measures until it does not counts for no step.
        """
        rollout, remote = loaded.state.running, loaded.state.remote_id
        if rollout is None or remote is None or loaded.state.pending is not None:
            return Collected()
        if rollout.plan.router is not Router.PLATFORM:
            return Collected()
        until = self.records.clock.now()
        drift = split_drift(self.gateway, RemoteId(remote), rollout)
        known = self._looked(loaded.name, rollout, None if drift else until)
        if drift is not None or not rollout.windows:
            return Collected(split=drift)
        news = self._read(loaded.name, RemoteId(remote), rollout, known, until)
        return Collected(ahead=0 if news else self._ahead(RemoteId(remote), until))

    def _looked(self, prompt: str, rollout: Rollout, sure: datetime | None) -> EvidenceState:
        """Remember since when each look found it routing as it should; return what is known."""
        known = evidence_of(self.records, rollout, prompt)
        if (known.sure is None) is not (sure is None):
            self.folding.amend(prompt, rollout.id, lambda state: evolve(state, sure=sure))
            known = evolve(known, sure=sure)
        return known

    def _read(
        self, prompt: str, remote: RemoteId, rollout: Rollout, known: EvidenceState, until: datetime
    ) -> bool:
        """Fold what is told of before *until*; return whether something of it is new."""
        first = rollout.windows[0].opened
        since = first if known.read is None else max(first, known.read - OVERLAP)
        if since >= until:
            return False
        newest = _Newest(known.read)
        readings = newest.seen(self.measured.records(remote, since=since, until=until))
        found = observations(readings, _routed(rollout, known.sure or until), now=until)
        while batch := list(islice(found, _BATCH)):
            self.folding.take_up(prompt, rollout.id, batch)
        if newest.at != known.read:
            self.folding.amend(prompt, rollout.id, lambda state: evolve(state, read=newest.at))
        return newest.at != known.read

    def _ahead(self, remote: RemoteId, now: datetime) -> int:
        """Where that cannot be told nothing is said of it: the records themselves were read."""
        try:
            return self.measured.totals(remote, since=now + SKEW, until=now + _AHEAD).requests
        except JackfieldError:
            return 0


def _routed(rollout: Rollout, sure: datetime) -> Routed:
    return Routed(
        baseline=rollout.baseline,
        candidate=rollout.candidate,
        variant=variant_of(rollout),
        windows=rollout.windows,
        sure=sure,
    )
