"""Looking at rollouts, and telling them how conversations went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import UnionType

from attrs import evolve, frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.pins import Pin, PinFault, read_pin
from jackfield.domain.model.rollouts import next_move
from jackfield.domain.services.prompts.choosing.seals import Seals
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.splits import routes, split_drift
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.domain.services.rollouts.collecting import Collected, Collecting
from jackfield.domain.services.rollouts.folding import Folding, Outcome, Whose
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
    buffer: Buffer[Outcome, Whose]
    measured: PromptMetrics | None = None

    def status(self, name: str, *, fresh: bool = False) -> RolloutStatus:
        """Return the prompt's newest rollout, its evidence, and what a step would do now and why.

        It reads sums: it takes as long after a million outcomes as after ten. With *fresh* what the platform
        measured is taken up first, as by `collect`; what keeps it from that is told in `unread`. Raises
        `NotFound` for a prompt that never had one.
        """
        if not fresh:
            return self._status(self.operations.records.known(name))
        try:
            collected, unread = self.gather(name), None
        except JackfieldError as error:
            collected, unread = Collected(), error.message
        return evolve(self._status(self.operations.records.known(name), ahead=collected.ahead), unread=unread)

    def overview(self, *, fresh: bool = False) -> tuple[RolloutStatus, ...]:
        """Return the `status` of every prompt that ever had a rollout, by name."""
        records = self.operations.records
        loaded = (records.load(name) for name in records.names())
        return tuple(self.status(each.name, fresh=fresh) for each in loaded if each.state.rollout is not None)

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
        counted by its reason, in `status` or in `counts`. What has no type of these is `malformed` at once.
        """
        exposed = self._exposed(choice)
        if isinstance(exposed, Heard):
            self.folding.count(exposed.value)
            return exposed
        malformed = _is_malformed(success, latency, tokens)
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
        outcome = Outcome(prompt=exposed.prompt, rollout=exposed.rollout, observation=observation)
        if not self.buffer.put(outcome):
            return Heard.LOST
        return Heard.MALFORMED if malformed else Heard.BUFFERED

    def flush(self) -> None:
        """Return when everything observed so far is durable; raise `Unavailable` while it cannot be."""
        self.buffer.flush()

    def collect(self, name: str) -> str | None:
        """Take up what the platform measured, where it sends the units; each step does so first.

        While it routes otherwise than the rollout wants nothing is taken up: what it does is returned.
        Raises `NotFound` for an unknown prompt, and what `PromptMetrics.records` does.
        """
        return self.gather(name).split

    def gather(self, name: str) -> Collected:
        """Do as `collect` does, and tell also of records that lie after now."""
        loaded = self.operations.records.known(name)
        if self.measured is None:
            return Collected()
        collecting = Collecting(
            records=self.operations.records,
            gateway=self.operations.gateway,
            folding=self.folding,
            measured=self.measured,
        )
        return collecting.collect(loaded)

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
            pin = self._read(choice)
            if not isinstance(pin, Pin):
                return Heard.FORGED
            since = datetime.fromtimestamp(pin.since, UTC)
            exposed = _Exposed(pin.prompt, pin.rollout, pin.arm, pin.step, pin.unit, since)
        return exposed if exposed.rollout else Heard.NOT_COMPARED

    def _read(self, text: str) -> Pin | PinFault:
        """Read a pin; once more if there is a newer key than the one by which it is forged."""
        seal = self.seals.get()
        if seal is None:
            return PinFault.NO_KEY
        pin = read_pin(text, seal, prompt=None)
        if pin is PinFault.FORGED and self.seals.has_newer(seal):
            return self._read(text)
        return pin

    def _status(self, loaded: Loaded, *, ahead: int = 0) -> RolloutStatus:
        records = self.operations.records
        rollout, now = rollout_of(loaded), records.clock.now()
        evidence = evidence_of(records, rollout, loaded.name)
        verdict = judged(rollout, evidence, now)
        pending, split = loaded.state.pending, self._split(loaded)
        return RolloutStatus(
            prompt=loaded.name,
            rollout=rollout,
            evidence=evidence.evidence,
            verdict=verdict,
            next=next_move(rollout, verdict, now=now, split=split, ahead=ahead),
            now=now,
            lost=evidence.lost,
            split=split,
            pending=None if pending is None else f"{pending.verb.value} of {pending.version}",
            read=evidence.read,
            ahead=ahead,
        )

    def _split(self, loaded: Loaded) -> str | None:
        remote, router = loaded.state.remote_id, rollout_of(loaded).plan.router
        if remote is None or not routes(loaded.state, router):
            return None
        try:
            return split_drift(self.operations.gateway, RemoteId(remote), loaded.state.running)
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


def _is_malformed(success: object, latency: object, tokens: object) -> bool:
    """Whether one of them has a type that says nothing; a number that is out of range is found in folding."""
    known = success is None or isinstance(success, bool)
    lasted = latency is None or isinstance(latency, timedelta) or _is_number(latency, int | float)
    return not (known and lasted and (tokens is None or _is_number(tokens, int)))


def _is_number(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _milliseconds(latency: timedelta | float | None) -> float | None:
    """What is no number stays what it is: folding counts it."""
    if isinstance(latency, timedelta):
        return latency.total_seconds() * 1_000
    if isinstance(latency, int | float) and not isinstance(latency, bool):
        return latency * 1_000
    return latency
