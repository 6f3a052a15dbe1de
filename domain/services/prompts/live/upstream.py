"""Who is asked what is live: our record and, of a prompt that it never heard of, the platform if wanted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from jackfield.domain.model.decisions import Candidate
from jackfield.domain.model.errors import JackfieldError, NotFound, OutcomeUnknown, Refused, Unavailable
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.rollouts import Router
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.misses import Miss, Misses
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.values import LiveVersion, Trial
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.prompts import PromptGateway, RemotePrompt
from jackfield.ports.telemetry import Measure, unheard

_PAUSE: Final = timedelta(milliseconds=20)


def live_version(records: Records, loaded: Loaded) -> LiveVersion | None:
    """Return the live version of a loaded prompt, if anything was ever live."""
    entry = loaded.state.history.live
    if entry is None:
        return None
    definition = records.definition(loaded, entry.version)
    return LiveVersion(
        name=loaded.name,
        number=entry.version,
        content_hash=definition.content_hash,
        definition=definition,
        since=entry.time,
        actor=entry.actor,
        move=entry.move,
        reason=entry.reason,
        source=Source.LEDGER,
        trial=_trial(records, loaded),
        revoked=loaded.state.revoked,
        looked=records.clock.monotonic(),
        clock=records.clock,
    )


def _trial(records: Records, loaded: Loaded) -> Trial | None:
    """What we send units to ourselves; where the platform does, there is no choice to make."""
    rollout = loaded.state.running
    split = None if rollout is None else rollout.split
    if rollout is None or split is None or rollout.plan.router is Router.PLATFORM:
        return None
    candidate = Candidate(version=rollout.candidate, split=split, step=rollout.step)
    return Trial(candidate=candidate, definition=records.definition(loaded, rollout.candidate))


@frozen
class Answer:
    """What is live, and for how long nobody need ask again; `revision` as `Known` has it."""

    version: LiveVersion
    fresh: timedelta
    origin: Source
    revision: int = 0


@frozen(kw_only=True)
class PlatformLooks:
    """Asks the platform once for all processes here: one asks by a lease, the others take it from the disk.

    `leases` are of use where they share a cache. Nobody waits for the one who asks longer than `patience`,
    which is a call's deadline. That the platform has no such prompt, or gave no answer, holds for some
    seconds.

    The platform does not tell since when and by whom. What it does not keep of a definition is missing, so
    the content hash is of what it gave.
    """

    organization: Organization
    gateway: PromptGateway
    kept: LastKnown
    misses: Misses
    clock: Clock
    holder: str
    leases: Leases | None = None
    fresh: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(seconds=30)
    measure: Measure = unheard

    def look(self, name: str) -> Answer | None:
        """Return what is live there, or None if there is no such prompt."""
        until = self.clock.monotonic() + self.patience.total_seconds()
        while (told := self._told(name)) is None:
            lease = self._lease(name)
            if isinstance(lease, Lease):
                return self._ask_alone(name, lease)
            if lease is None or self.clock.monotonic() >= until:
                return self._ask(name)
            self.clock.sleep(_PAUSE)
        return self._given(name, told)

    def _told(self, name: str) -> Answer | Miss | None:
        """Return what the platform told anybody here of late."""
        recent = self.kept.recent(name, self.fresh)
        if recent is None:
            return self.misses.recent(name)
        version = recent.taken(self.clock, source=Source.DISK, freshness=Freshness.FRESH)
        return Answer(version, self.fresh - recent.age(self.clock), Source.PLATFORM)

    def _given(self, name: str, told: Answer | Miss) -> Answer | None:
        if isinstance(told, Answer):
            return told
        told.refuse(name)
        return None

    def _ask_alone(self, name: str, lease: Lease) -> Answer | None:
        """The one before may have asked between our look at the disk and the lease."""
        try:
            told = self._told(name)
            return self._ask(name) if told is None else self._given(name, told)
        finally:
            self._release(lease)

    def _ask(self, name: str) -> Answer | None:
        asked = self.clock.now()
        found = self._find(name)
        if found is None:
            self.kept.drop(name, asked)
            self.misses.missing(name)
            return None
        self.misses.found(name)
        return self._answer(name, found, asked)

    def _find(self, name: str) -> RemotePrompt | None:
        try:
            found = self.gateway.find(name)
        except JackfieldError as error:
            _look_measured(self.measure, self.organization, Source.PLATFORM, "failed")
            if isinstance(error, Refused | OutcomeUnknown | Unavailable):  # a call was made, or tried
                self.misses.failed(name, error)
            raise
        outcome = "missing" if found is None else "found"
        _look_measured(self.measure, self.organization, Source.PLATFORM, outcome)
        return found

    def _answer(self, name: str, found: RemotePrompt, asked: datetime) -> Answer:
        version = LiveVersion(
            name=name,
            number=found.live.version,
            content_hash=found.live.content_hash,
            definition=found.live,
            since=None,
            actor=None,
            move=None,
            reason=None,
            source=Source.PLATFORM,
            looked=self.clock.monotonic(),
            clock=self.clock,
        )
        self.kept.put_now(Known(version=version, confirmed=asked, origin=Source.PLATFORM))
        return Answer(version, self.fresh, Source.PLATFORM)

    def _lease(self, name: str) -> Lease | bool | None:
        """Return the lease, False while another holds it, None where none can be had: then all ask."""
        if self.leases is None:
            return None
        try:
            lease = self.leases.acquire(
                self.organization, f"live {name}", holder=self.holder, lifetime=self.patience
            )
        except JackfieldError:
            return None
        return False if lease is None else lease

    def _release(self, lease: Lease) -> None:
        if self.leases is not None:
            with suppress(JackfieldError):  # then it expires
                self.leases.release(lease)


@frozen(kw_only=True)
class Upstream:
    """Our record and, if given, the platform behind it.

    `brief` tells that a look into our record always ends soon by itself: then a reader may make it.
    """

    records: Records
    platform: PlatformLooks | None = None
    brief: bool = False
    fresh: timedelta = timedelta(seconds=0.5)
    measure: Measure = unheard

    def look(self, name: str) -> Answer:
        """Return what is live; raise `NotFound`, or whatever keeps us from knowing."""
        try:
            answer = self._recorded(name)
        except NotFound:
            self._measured("missing")
            told = None if self.platform is None else self.platform.look(name)
            if told is None:
                raise
            return told
        except JackfieldError:
            self._measured("failed")
            raise
        self._measured("found")
        return answer

    def _recorded(self, name: str) -> Answer:
        loaded = self.records.known(name)
        found = live_version(self.records, loaded)
        if found is None:
            raise NotFound(
                "nothing is live yet", place=f"prompt {name}", remedy="publish its first version again"
            )
        return Answer(found, self.fresh, Source.LEDGER, loaded.revision)

    def _measured(self, outcome: str) -> None:
        _look_measured(self.measure, self.records.organization, Source.LEDGER, outcome)


def _look_measured(measure: Measure, organization: Organization, upstream: Source, outcome: str) -> None:
    measure(
        Measurement(
            organization=organization,
            name="jackfield.live.looks",
            value=1,
            unit="{look}",
            labels={"upstream": upstream, "outcome": outcome},
        )
    )
