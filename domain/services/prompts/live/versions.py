"""What is live: from memory, from who knows it, else the last that was known, from disk, else a fallback.

A version in memory is fresh for half a second, or until our own change. Then one look is made for all who
ask. Whoever has an older one at hand does not wait long for it: when nothing answers, it is what he gets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from datetime import datetime
from threading import Lock

from attrs import define, evolve, field

from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    NotFound,
    OpenedBeforeFork,
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Patience, Source
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.prompts.live.flights import Flight, SingleFlight
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.refusals import Refusals
from jackfield.domain.services.prompts.live.remembered import Remembered
from jackfield.domain.services.prompts.live.upstream import Answer, Upstream, live_version
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.ports.clock import Clock
from jackfield.ports.telemetry import Measure, unheard

__all__ = ["LiveVersions", "Patience", "live_version"]


@define(eq=False)
class LiveVersions:
    """Live versions by name; safe for threads, and a hit in memory takes no lock."""

    upstream: Upstream
    kept: LastKnown
    clock: Clock
    patience: Patience = field(factory=Patience, kw_only=True)
    measure: Measure = field(default=unheard, kw_only=True)
    _fresh: dict[str, tuple[float, LiveVersion]] = field(
        factory=dict[str, "tuple[float, LiveVersion]"], init=False
    )
    _seen: Remembered = field(init=False)
    _refused: Refusals = field(factory=Refusals, init=False)
    _flights: SingleFlight[Answer] = field(init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _changes: int = field(default=0, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _closed: bool = field(default=False, init=False)
    _quick: bool = field(default=False, init=False)
    _now: Callable[[], float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._now = self.clock.monotonic
        self._flights = SingleFlight(self._longest())
        self._seen = Remembered(self.patience.stale)

    def get(self, name: str, fallback: PromptDefinition | None = None) -> LiveVersion:
        """Return what is live, as `Prompts.live` says."""
        fresh = self._fresh.get(name)
        if fresh is not None and self._now() < fresh[0]:
            return fresh[1]
        found = self._get(name, fallback)
        self._read_measured(found)
        return found

    def forget(self, name: str) -> None:
        """Ask again at the next call: a change of ours may have moved it."""
        self._notice_fork()
        with self._lock:
            self._changes += 1
            self._forget(name)
        self._flights.leave(name)

    def learn(self, loaded: Loaded, began: datetime) -> None:
        """Take up what a change of ours, which *began* then, made live, also on disk; the next call asks
        all the same. It may come late: what has been moved on since stays."""
        self._notice_fork()
        version = live_version(self.upstream.records, loaded)
        if version is None:
            return
        known = Known(version=version, confirmed=began, origin=Source.LEDGER, revision=loaded.revision)
        taken = known.taken(self.clock, source=Source.MEMORY, freshness=Freshness.FRESH)
        with self._lock:
            self._seen.take(evolve(known, version=taken))
        self.kept.put(known)

    def last_known(self, name: str) -> LiveVersion | None:
        """Return what is left of the prompt in memory or on disk; ask nobody."""
        return self._seen.get(name) or self._from_disk(name)

    def close(self) -> None:
        """Let go of the disk; only what is fresh in memory is still given."""
        self._closed = True
        self.kept.close()

    def _get(self, name: str, fallback: PromptDefinition | None) -> LiveVersion:
        self._check(name, fallback)
        refused = self._refused.get(name, self._now())
        if refused is not None:
            return self._without(name, fallback, refused)
        flight, mine = self._flights.join(
            name, lambda: self._look(name), now=self._now(), here=self._is_quick(name)
        )
        overdue = None if mine else self._seen.overdue(name)
        if overdue is not None:
            return overdue
        if not self._has_landed(flight, self._wait()):
            at_hand = self._at_hand(name, fallback)
            if at_hand is not None:
                return at_hand
        try:
            return self._brought(name, flight)
        except JackfieldError as error:
            return self._without(name, fallback, error)

    def _has_landed(self, flight: Flight[Answer], seconds: float) -> bool:
        """Wait until it is *seconds* old at most."""
        return flight.landed(seconds - (self._now() - flight.began))

    def _brought(self, name: str, flight: Flight[Answer]) -> LiveVersion:
        if not self._has_landed(flight, self._longest()):
            raise Unavailable(
                f"no answer came within {self._longest():g} s",
                place=f"prompt {name}",
                remedy="look with 'jackfield doctor' at what does not answer",
            )
        return flight.result().version

    def _check(self, name: str, fallback: PromptDefinition | None) -> None:
        self._notice_fork()
        if self._closed:
            raise Unavailable("the core is closed", place=f"prompt {name}", remedy="open it again")
        if fallback is not None and fallback.name != name:
            raise InvalidInput(
                f"it is of prompt {fallback.name}", place=f"fallback of {name}", remedy=f"give one of {name}"
            )

    def _is_quick(self, name: str) -> bool:
        """Whether a look hardly takes long: a ledger that cannot hang answered at once, and is all that
        will be asked."""
        if not (self._quick and self.upstream.brief):
            return False
        return self.upstream.platform is None or self._seen.is_of_ledger(name)

    def _look(self, name: str) -> Answer:
        """Ask; what changed during the look is not kept, for the answer may have come before."""
        changes, began, asked = self._changes, self._now(), self.clock.now()
        try:
            answer = self._asked(name)
        except JackfieldError as error:
            self._quick = self._quick and isinstance(error, NotFound)
            self._remember_refusal(name, error, changes)
            raise
        if answer.origin is Source.LEDGER:
            self._quick = self._now() - began < self._wait()
        version = evolve(answer.version, source=Source.MEMORY)
        known = Known(version=version, confirmed=asked, origin=answer.origin, revision=answer.revision)
        with self._lock:
            if changes != self._changes or not self._seen.take(known):
                return answer
            self._refused.drop(name)
            self._fresh[name] = began + answer.fresh.total_seconds(), version
        if answer.version.source is not Source.DISK:
            self.kept.put(known)
        return answer

    def _asked(self, name: str) -> Answer:
        """A foreign error, as of a plugin's ledger that tells nonsense, is no answer, and is not shown."""
        try:
            return self.upstream.look(name)
        except JackfieldError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, what is at hand is to be given
            kind = type(error).__name__
        raise Unavailable(
            f"what is recorded cannot be understood ({kind})",
            place=f"prompt {name}",
            remedy="look with 'jackfield doctor' at the ledger, and at the plugins",
        )

    def _remember_refusal(self, name: str, error: JackfieldError, changes: int) -> None:
        if isinstance(error, OpenedBeforeFork):
            return
        with self._lock:
            if changes != self._changes:
                return
            now = self._now()
            until = now + self.patience.pause.total_seconds()
            self._refused.put(name, error, until=until, now=now)
            if isinstance(error, NotFound):
                self._seen.drop(name)
            version = self._seen.get(name)
            if version is not None:
                self._fresh[name] = until, version

    def _forget(self, name: str) -> None:
        self._fresh.pop(name, None)
        self._refused.drop(name)
        self._seen.doubt(name)

    def _without(self, name: str, fallback: PromptDefinition | None, error: JackfieldError) -> LiveVersion:
        """Give what is at hand in the place of an answer; that nothing is live is an answer."""
        if isinstance(error, OpenedBeforeFork):
            raise error
        found = _fallen_back(fallback) if isinstance(error, NotFound) else self._at_hand(name, fallback)
        if found is None:
            raise copy(error) from error
        return found

    def _at_hand(self, name: str, fallback: PromptDefinition | None) -> LiveVersion | None:
        return self.last_known(name) or _fallen_back(fallback)

    def _from_disk(self, name: str) -> LiveVersion | None:
        known = self.kept.get(name)
        if known is None:
            return None
        found = known.taken(self.clock, source=Source.DISK, freshness=Freshness.LAST_KNOWN_GOOD)
        self._seen.add(evolve(known, version=evolve(found, source=Source.MEMORY)))
        return found

    def _wait(self) -> float:
        return self.patience.wait.total_seconds()

    def _longest(self) -> float:
        return self.patience.look.total_seconds()

    def _read_measured(self, found: LiveVersion) -> None:
        labels = {"source": found.source.value, "freshness": found.freshness.value}
        self.measure(
            Measurement(
                organization=self.upstream.records.organization,
                name="jackfield.live.reads",
                value=1,
                unit="{read}",
                labels=labels,
            )
        )

    def _notice_fork(self) -> None:
        """No thread of the parent is in a child, and nobody who held a lock."""
        if os.getpid() != self._process:
            self._process, self._lock = os.getpid(), Lock()
            self._flights = SingleFlight(self._longest())
            self.kept.after_fork()


def _fallen_back(fallback: PromptDefinition | None) -> LiveVersion | None:
    if fallback is None:
        return None
    return LiveVersion(
        name=fallback.name,
        number=fallback.version,
        content_hash=fallback.content_hash,
        definition=fallback,
        since=None,
        actor=None,
        move=None,
        reason=None,
        source=Source.FALLBACK,
        freshness=Freshness.UNKNOWN,
    )
