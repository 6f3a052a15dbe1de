"""Looking at rollouts, and telling them how conversations went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.pins import Pin, PinFault, read_pin
from jackfield.domain.model.rollouts import Router, next_move
from jackfield.domain.services.prompts.operations import Operations
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.seals import Seals
from jackfield.domain.services.prompts.splits import split_drift
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.domain.services.rollouts.collecting import Collecting
from jackfield.domain.services.rollouts.folding import Folding, Outcome
from jackfield.domain.services.rollouts.recording import evidence_of, judged, rollout_of
from jackfield.domain.services.rollouts.values import Heard, RolloutStatus
from jackfield.ports.prompt_metrics import PromptMetrics
from jackfield.ports.prompts import RemoteId


@frozen(kw_only=True)
class Rollouts:
    """The rollouts of one target, to look at and to feed; `core.acting_as(…)` gives those that move."""

    operations: Operations
    seals: Seals
    folding: Folding
    buffer: Buffer[Outcome]
    measured: PromptMetrics | None = None

    def status(self, name: str) -> RolloutStatus:
        """Return the prompt's newest rollout, its evidence, and what a step would do now and why.

        It reads sums: it takes as long after a million outcomes as after ten. Raises `NotFound` for a prompt
        that never had one.
        """
        return self._status(self.operations.records.known(name))

    def overview(self) -> tuple[RolloutStatus, ...]:
        """Return the `status` of every prompt that ever had a rollout, by name."""
        records = self.operations.records
        loaded = (records.load(name) for name in records.names())
        return tuple(self._status(each) for each in loaded if each.state.rollout is not None)

    def observe(
        self,
        choice: Choice | str,
        *,
        success: bool | None = None,
        latency: timedelta | float | None = None,
        tokens: int | None = None,
        ended: bool = True,
    ) -> Heard:
        """Tell how a conversation, or one turn of it, went; it is durable within 50 ms, or at `flush`.

        *choice* is what `choose` gave, or its pin: that proves which version the unit had, and since when.
        *latency* is a duration, or seconds; *ended* is False for a turn that others follow. Nothing is
        raised for what cannot count: what was repeated, contradicts, is not finite or of no rollout is
        counted by its reason, in `status` or in `counts`.
        """
        exposed = self._exposed(choice)
        if isinstance(exposed, Heard):
            self.folding.count(exposed.value)
            return exposed
        observation = Observation(
            unit=exposed.unit,
            arm=exposed.arm,
            step=-1 if exposed.step is None else exposed.step,
            exposed=exposed.since,
            at=self.operations.records.clock.now(),
            success=success,
            latency_ms=_milliseconds(latency),
            tokens=tokens,
            ended=ended,
        )
        if self.buffer.put(Outcome(prompt=exposed.prompt, rollout=exposed.rollout, observation=observation)):
            return Heard.BUFFERED
        self.folding.count(Heard.LOST.value)
        return Heard.LOST

    def flush(self) -> None:
        """Return when everything observed so far is durable; raise `Unavailable` while it cannot be."""
        self.buffer.flush()

    def collect(self, name: str) -> None:
        """Take up what the platform measured, where it sends the units; each step does so first.

        Raises `NotFound` for an unknown prompt, and what `PromptMetrics.records` does.
        """
        loaded = self.operations.records.known(name)
        if self.measured is not None:
            Collecting(records=self.operations.records, folding=self.folding, measured=self.measured).collect(
                loaded
            )

    @property
    def counts(self) -> Mapping[str, int]:
        """What became of this process's observations so far, by reason; also of those of no rollout."""
        return dict(self.folding.counts)

    def _exposed(self, choice: Choice | str) -> _Exposed | Heard:
        """Of a pin all that counts is signed."""
        if isinstance(choice, Choice):
            exposed = _Exposed(
                choice.prompt, choice.rollout, choice.arm, choice.step, choice.unit, choice.since
            )
        else:
            seal = self.seals.get()
            pin = PinFault.NO_KEY if seal is None else read_pin(choice, seal, prompt=None)
            if not isinstance(pin, Pin):
                return Heard.FORGED
            since = datetime.fromtimestamp(pin.since, UTC)
            exposed = _Exposed(pin.prompt, pin.rollout, pin.arm, pin.step, pin.unit, since)
        return exposed if exposed.rollout else Heard.NOT_COMPARED

    def _status(self, loaded: Loaded) -> RolloutStatus:
        records = self.operations.records
        rollout, now = rollout_of(loaded), records.clock.now()
        evidence = evidence_of(records, rollout, loaded.name)
        verdict = judged(rollout, evidence, now)
        pending = loaded.state.pending
        return RolloutStatus(
            prompt=loaded.name,
            rollout=rollout,
            evidence=evidence.evidence,
            verdict=verdict,
            next=next_move(rollout, verdict, now=now),
            now=now,
            lost=evidence.lost,
            split=self._split(loaded),
            pending=None if pending is None else f"{pending.verb.value} of {pending.version}",
        )

    def _split(self, loaded: Loaded) -> str | None:
        running, remote = loaded.state.running, loaded.state.remote_id
        if running is None or remote is None or loaded.state.pending is not None:
            return None
        if running.plan.router is not Router.PLATFORM:
            return None
        try:
            return split_drift(self.operations.gateway, RemoteId(remote), running)
        except JackfieldError as error:
            return f"what the platform routes is not known: {error.message}"


@frozen
class _Exposed:
    """What a choice, or a pin, proves."""

    prompt: str
    rollout: str
    arm: Arm | None
    step: int | None
    unit: str
    since: datetime


def _milliseconds(latency: timedelta | float | None) -> float | None:
    """What is no number stays what it is: folding counts it."""
    if isinstance(latency, timedelta):
        return latency.total_seconds() * 1_000
    return latency * 1_000.0 if isinstance(latency, int | float) and latency is not True else latency
