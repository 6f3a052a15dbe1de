"""One pass of one destination: under its lease, batch by batch, each recorded before the next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from attrs import define, frozen

from jackfield.domain.model.deliveries.folding import Ended, Folded, Worked
from jackfield.domain.model.deliveries.retries import Retries, is_due
from jackfield.domain.model.deliveries.states import DestinationState
from jackfield.domain.model.deliveries.verdicts import Delivery, Untried
from jackfield.domain.model.deliveries.wanting import checked
from jackfield.domain.model.errors import Conflict, JackfieldError
from jackfield.domain.model.events import Entry
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.services.deliveries.batches import Batch, Batches, Lane
from jackfield.domain.services.deliveries.cutting import delivered, delivered_within
from jackfield.domain.services.deliveries.hearing import Heard
from jackfield.domain.services.deliveries.lanes import Worker
from jackfield.domain.services.deliveries.records import DeliveryRecords, Kept
from jackfield.domain.services.deliveries.standing import WORTH_IT
from jackfield.domain.services.deliveries.values import Passed, Pause
from jackfield.ports.clock import Clock
from jackfield.ports.destinations import Destination
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.telemetry import Measure

_TRIES: Final = 8


@frozen(kw_only=True)
class Passing:
    """Carries out passes; one at a time a destination, by a lease that all processes share."""

    records: DeliveryRecords
    leases: Leases
    owner: str
    retries: Retries
    pause: Pause
    measure: Measure

    def run(self, destination: Destination, ends: float, *, cut: float | None = None) -> Passed:
        """Deliver what is due until *ends*, in monotonic seconds; never raises an error of ours.

        What was begun is waited for; with *cut* until then.
        """
        name, begun = destination.name, self.records.clock.monotonic()
        try:
            lease = self.leases.acquire(
                self.records.organization,
                f"deliveries {name}",
                holder=self.owner,
                lifetime=self.pause.lease,
            )
        except JackfieldError as error:
            return Passed(name=name, trouble=error.message)
        if lease is None:
            return Passed(name=name, busy=True)
        heard = Heard(clock=self.records.clock)
        run = _Run(
            passing=self, destination=destination, ends=ends, cut=cut, lease=lease, leased=begun, heard=heard
        )
        try:
            return run.run()
        finally:
            self._give_back(run.lease)

    def _give_back(self, lease: Lease) -> None:
        try:
            self.leases.release(lease)
        except JackfieldError:
            return  # it ends by itself


@define(kw_only=True)
class _Run:
    """One pass that is under way; `leased` is when its lease was asked for, in monotonic seconds."""

    passing: Passing
    destination: Destination
    ends: float
    cut: float | None
    lease: Lease
    leased: float
    heard: Heard
    died: int = 0

    @property
    def clock(self) -> Clock:
        return self.passing.records.clock

    def run(self) -> Passed:
        trouble = ""
        try:
            with ThreadPoolExecutor(self.passing.pause.lanes, f"jackfield-{self.destination.name}") as lanes:
                self._batches(lanes)
        except JackfieldError as error:
            trouble = error.message
        return Passed(
            name=self.destination.name,
            delivered=self.heard.delivered,
            failed=self.heard.failed,
            died=self.died,
            trouble=trouble or self.heard.off,
        )

    def _batches(self, lanes: ThreadPoolExecutor) -> None:
        records = self.passing.records
        kept = _wanting(records, records.load(self.destination.name), self.destination)
        batches = Batches(name=self.destination.name, records=records)
        while self._goes_on(kept.state):
            batch = batches.next(kept.state)
            if not batch.lanes and batch.cursor - kept.state.cursor < WORTH_IT:
                return
            kept, fold = self._batch(lanes, kept, batch)
            self.died += len(fold.died)

    def _goes_on(self, state: DestinationState) -> bool:
        rests = state.rests_until is not None and not is_due(state.rests_until, self.clock.now())
        return not (rests or state.halted or self.heard.enough or self.clock.monotonic() >= self.ends)

    def _batch(self, lanes: ThreadPoolExecutor, kept: Kept, batch: Batch) -> tuple[Kept, Folded]:
        self._renew()
        ends = min(self.ends, self.clock.monotonic() + self.passing.pause.batch.total_seconds())

        def stop() -> bool:
            return self.heard.enough or self.clock.monotonic() >= ends

        done = tuple(lanes.map(partial(self._worked, stop), batch.lanes))
        worked = Worked(cursor=batch.cursor, ends=done, rest=self.heard.rest, gone=self.heard.gone)
        return self.passing.records.settle(kept, worked)

    def _renew(self) -> None:
        """Renew the lease where it might end before a batch does; raise `Conflict` if it was lost.

        By elapsed time: whoever keeps the leases may have another clock.
        """
        now, pause = self.clock.monotonic(), self.passing.pause
        if now - self.leased >= pause.spare.total_seconds() / 2:
            self.lease = self.passing.leases.renew(self.lease, pause.lease)
            self.leased = now

    def _worked(self, stop: Callable[[], bool], lane: Lane) -> Ended:
        return Worker(
            lane=lane, deliver=self._delivered, retries=self.passing.retries, clock=self.clock, stop=stop
        ).work()

    def _delivered(self, entry: Entry) -> Delivery:
        begun = self.clock.monotonic()
        if self.cut is None:
            verdict = delivered(self.destination, entry)
        else:
            verdict = delivered_within(self.destination, entry, self.cut - begun)
        self.heard.hear(verdict)
        if not isinstance(verdict, Untried):
            self._measure(verdict, self.clock.monotonic() - begun)
        return verdict

    def _measure(self, verdict: Delivery, seconds: float) -> None:
        labels = {"destination": self.destination.name, "outcome": type(verdict).__name__.lower()}
        self.passing.measure(
            Measurement(
                organization=self.passing.records.organization,
                name="jackfield.delivery.duration",
                value=seconds,
                unit="s",
                labels=labels,
            )
        )


def _wanting(records: DeliveryRecords, kept: Kept, destination: Destination) -> Kept:
    """Record what it wants before anything is delivered by it: the audit view goes by that."""
    state = kept.state.wanting(checked(destination.wants))
    for _ in range(_TRIES):
        if state == kept.state:
            return kept
        try:
            return records.keep(kept, state)
        except Conflict:
            kept = records.load(destination.name)
            state = kept.state.wanting(checked(destination.wants))
    return kept
