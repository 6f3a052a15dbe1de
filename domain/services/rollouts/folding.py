"""Folding observations into what the ledger keeps of a rollout: the sums and the units, in one commit.

Two processes that fold for one rollout meet at the revision of its sums: one of them reads again. What is
known of a unit is read with its revision, so that no outcome is ever counted twice.
"""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from threading import Lock
from typing import Final, NamedTuple

from attrs import define, evolve, field, frozen

from jackfield.domain.model.errors import Conflict, JackfieldError, Unavailable
from jackfield.domain.model.evidence.observations import Fate, Folded, Observation, Seen, fold, settle
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Change, Ledger
from jackfield.ports.telemetry import Measure, unheard

_TRIES: Final = 50
_MOST_OPEN: Final = 100_000
_UNKNOWN: Final = "unknown"
LOST: Final = "lost"
_NOTHING: Final = Folded(evidence=Evidence(), seen={})


class Whose(NamedTuple):
    """The rollout that an observation is of, and its prompt."""

    rollout: str
    prompt: str


@frozen(kw_only=True)
class Outcome:
    """An observation of a prompt's rollout."""

    prompt: str
    rollout: str
    observation: Observation

    @property
    def whose(self) -> Whose:
        """What it is of."""
        return Whose(self.rollout, self.prompt)


def _nothing(_: Mapping[str, Seen]) -> Folded:
    return _NOTHING


def _same(state: EvidenceState) -> EvidenceState:
    return state


@frozen(eq=False, kw_only=True)
class _Part:
    """What is added to one rollout by some units; `prompt` is whose it must be, None where that is known.

    `lost` more were known and are gone; `amend` changes what else is kept.
    """

    rollout: str
    prompt: str | None
    units: Sequence[str] = ()
    fold: Callable[[Mapping[str, Seen]], Folded] = _nothing
    lost: int = 0
    amend: Callable[[EvidenceState], EvidenceState] = _same


@define(eq=False)
class Folding:
    """Writes batches, one at a time; safe for threads.

    `quiet` is how long a conversation that went well so far may be silent before that counts as its end.
    `counts` says what became of observations in this process.
    """

    organization: Organization
    ledger: Ledger
    clock: Clock
    measure: Measure = unheard
    quiet: timedelta = timedelta(minutes=30)
    counts: Counter[str] = field(factory=Counter[str], init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _writing: Lock = field(factory=Lock, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _open: OrderedDict[tuple[str, str], datetime] = field(
        factory=OrderedDict[tuple[str, str], datetime], init=False
    )

    def write(self, outcomes: Sequence[Outcome], lost: Mapping[Whose, int]) -> None:
        """Fold *outcomes* in their order, all in one commit; so many more were known and are *lost*.

        Raises `Unavailable` if nothing of it was written.
        """
        with self._alone():
            self._write(outcomes, lost)
            self._settle()

    def take_up(self, prompt: str, rollout: str, observations: Sequence[Observation]) -> None:
        """Fold what a platform tells, without the units that are known: to be told again is no fault.

        Raises what the ledger does if nothing of it was written.
        """
        part = _folding(Whose(rollout, prompt), observations, self.clock.now(), anew=False)
        with self._alone():
            self._note(part, self._commit([part]).get(part), len(observations))

    def amend(self, prompt: str, rollout: str, change: Callable[[EvidenceState], EvidenceState]) -> None:
        """Change what is kept of a rollout beside its sums; it may be called several times."""
        with self._alone():
            self._commit([_Part(rollout=rollout, prompt=prompt, amend=change)])

    def _alone(self) -> Lock:
        if os.getpid() != self._process:  # nobody who held a lock is in this process
            self._process, self._lock, self._writing = os.getpid(), Lock(), Lock()
        return self._writing

    def settle(self) -> None:
        """Count what went well and has been quiet for long; if that fails, the next time."""
        with self._alone():
            self._settle()

    def _write(self, outcomes: Sequence[Outcome], lost: Mapping[Whose, int]) -> None:
        groups: dict[Whose, list[Observation]] = {whose: [] for whose in lost}
        for outcome in outcomes:
            groups.setdefault(outcome.whose, []).append(outcome.observation)
        now = self.clock.now()
        parts = [
            _folding(whose, observations, now, lost=lost.get(whose, 0))
            for whose, observations in groups.items()
        ]
        done = self._commit(parts)
        for part, observations in zip(parts, groups.values(), strict=True):
            self._note(part, done.get(part), len(observations))

    def _settle(self) -> None:
        quiet_since = self.clock.now() - self.quiet
        due = dict[str, list[str]]()
        for (rollout, unit), last in self._open.items():
            if last > quiet_since:
                break
            due.setdefault(rollout, []).append(unit)
        if due:
            with suppress(JackfieldError):
                self._commit([_settling(*item, quiet_since) for item in due.items()])
                for rollout, units in due.items():
                    self._forget(rollout, units)

    def count(self, note: str, number: int = 1) -> None:
        """Count what became of observations, here and for telemetry."""
        with self._lock:
            self.counts[note] += number
        self.measure(
            Measurement(
                organization=self.organization,
                name="jackfield.rollout.observations",
                value=number,
                unit="{observation}",
                labels={"became": note},
            )
        )

    def _note(self, part: _Part, folded: Folded | None, number: int) -> None:
        if folded is None:
            if number:
                self.count(_UNKNOWN, number)
            return
        for note, times in Counter(folded.notes).items():
            self.count(note.value, times)
        self._forget(part.rollout, folded.seen)
        for unit, known in folded.seen.items():
            if known.fate is Fate.OPEN and known.success is True:
                self._open[part.rollout, unit] = known.last
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)

    def _forget(self, rollout: str, units: Iterable[str]) -> None:
        for unit in units:
            self._open.pop((rollout, unit), None)

    def _commit(self, parts: Sequence[_Part]) -> Mapping[_Part, Folded]:
        """Commit all of *parts*, or none; those of a rollout that nobody started are left out."""
        for _ in range(_TRIES):
            done, changes = dict[_Part, Folded](), list[Change]()
            for part in parts:
                folded = self._fold(part, changes)
                if folded is not None:
                    done[part] = folded
            try:
                if changes:
                    self.ledger.commit(*changes)
            except Conflict:
                continue
            return done
        raise Unavailable(
            "other processes were always faster", place="observations", remedy="it is tried again"
        )

    def _fold(self, part: _Part, changes: list[Change]) -> Folded | None:
        subject = Subject(self.organization, Kind.EVIDENCE, part.rollout)
        kept = self.ledger.read(subject)
        state = kept.state
        if not isinstance(state, EvidenceState) or part.prompt not in (None, state.prompt):
            return None
        found = self.ledger.read_all([self._unit(part.rollout, unit) for unit in part.units])
        known = dict(zip(part.units, found, strict=True))
        seen = {unit: found.state for unit, found in known.items() if isinstance(found.state, Seen)}
        folded = part.fold(seen)
        after = part.amend(
            evolve(state, evidence=state.evidence.merged(folded.evidence), lost=state.lost + part.lost)
        )
        if after != state or folded.seen:
            changes.append(Change(subject=subject, expected=kept.revision, state=after))
        changes += (
            Change(subject=self._unit(part.rollout, unit), expected=known[unit].revision, state=told)
            for unit, told in folded.seen.items()
        )
        return folded

    def _unit(self, rollout: str, unit: str) -> Subject:
        return Subject(self.organization, Kind.UNIT, f"{rollout}/{unit}")


def buffered(folding: Folding, kind: type[Buffer[Outcome, Whose]] = Buffer) -> Buffer[Outcome, Whose]:
    """Return a buffer before *folding*; what it loses is counted there."""
    return kind(
        write=folding.write,
        idle=folding.settle,
        key=attrgetter("whose"),
        count=partial(folding.count, LOST),
    )


def _folding(
    whose: Whose, observations: Sequence[Observation], now: datetime, *, lost: int = 0, anew: bool = True
) -> _Part:
    """Fold *observations*, all of them or, not *anew*, those of units that are not known."""

    def folded(seen: Mapping[str, Seen]) -> Folded:
        told = observations if anew else [each for each in observations if each.unit not in seen]
        return fold(told, seen, now=now)

    units = list(dict.fromkeys(observation.unit for observation in observations))
    return _Part(rollout=whose.rollout, prompt=whose.prompt, units=units, fold=folded, lost=lost)


def _settling(rollout: str, units: Sequence[str], quiet_since: datetime) -> _Part:
    return _Part(
        rollout=rollout, prompt=None, units=units, fold=lambda seen: settle(seen, quiet_since=quiet_since)
    )
