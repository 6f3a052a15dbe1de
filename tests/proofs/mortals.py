"""A core that is killed at a step that can be chosen: from then on nothing of it is heard any more."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from datetime import timedelta
from typing import TypeVar

from attrs import define, evolve, frozen

from jackfield.adapters.http import Request, Response, Send
from jackfield.domain.model.events import Entry, Position
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.rollouts import ActingRollouts
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.domain.services.rollouts.folding import buffered
from jackfield.entrypoints.core import Core
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Killed(BaseException):
    """The process is gone."""


@define
class Life:
    """How many steps a process lives still: there is one before and one behind all that others can see."""

    steps: float = float("inf")

    def step(self) -> None:
        if self.steps <= 0:
            raise Killed
        self.steps -= 1


@frozen
class MortalLedger:
    """A ledger of a process that may be killed before and after each commit."""

    inner: Ledger
    life: Life

    def commit(self, *changes: Change) -> Receipt | Repeat:
        self.life.step()
        receipt = self.inner.commit(*changes)
        self.life.step()
        return receipt

    def read(self, subject: Subject) -> Versioned:
        return self.inner.read(subject)

    def read_all(self, subjects: Sequence[Subject]) -> Sequence[Versioned]:
        return self.inner.read_all(subjects)

    def subjects(self, organization: Organization, kind: Kind) -> Sequence[Subject]:
        return self.inner.subjects(organization, kind)

    def follow(
        self, organization: Organization, after: Position, limit: int, subject: Subject | None = None
    ) -> Sequence[Entry]:
        return self.inner.follow(organization, after, limit, subject)

    def head(self, organization: Organization) -> Receipt:
        return self.inner.head(organization)

    def erase(
        self, organization: Organization, positions: Collection[Position], telling: Change | None = None
    ) -> None:
        self.inner.erase(organization, positions, telling)

    def close(self) -> None:
        self.inner.close()


@frozen
class MortalLeases:
    """Leases of a process that may be killed: it gives none of them back then."""

    inner: Leases
    life: Life

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        self.life.step()
        lease = self.inner.acquire(organization, name, holder=holder, lifetime=lifetime, limit=limit)
        self.life.step()
        return lease

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        self.life.step()
        return self.inner.renew(lease, lifetime)

    def release(self, lease: Lease) -> None:
        self.life.step()
        self.inner.release(lease)
        self.life.step()

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        return self.inner.held(organization, name)


@frozen
class MortalLine:
    """A way to the platform of a process that may be killed before and after each call."""

    inner: Send
    life: Life

    def __call__(self, request: Request) -> Response:
        self.life.step()
        response = self.inner(request)
        self.life.step()
        return response


class OnTheSpot(Buffer[T, K]):
    """A buffer without a thread: what waits is written by whoever flushes, and dies with him."""

    def put(self, item: T) -> bool:
        self._waiting.append(item)
        return True

    def flush(self, timeout: float | None = None) -> None:
        del timeout
        batch, self._waiting = self._waiting, []
        if batch:
            self.write(batch, {})


def mortal_rollouts(core: Core, life: Life, actor: str) -> ActingRollouts:
    """Return the rollouts of *core*, whose ledger and leases end with *life*, as its line does."""
    me = core.acting_as(actor, reason="v1").rollouts
    operations = me.operations
    ledger = MortalLedger(operations.records.ledger, life)
    mortals = evolve(
        operations,
        records=evolve(operations.records, ledger=ledger),
        leases=MortalLeases(operations.leases, life),
    )
    folding = evolve(me.folding, ledger=ledger)
    return evolve(me, operations=mortals, folding=folding, buffer=buffered(folding, OnTheSpot))


def mortal(core: Core, life: Life, actor: str) -> ActingPrompts:
    """Return the prompts of *core*, whose ledger and leases end with *life*; its `send` is a `MortalLine`."""
    me = core.acting_as(actor, reason="v1").prompts
    operations = me.operations
    records = evolve(operations.records, ledger=MortalLedger(operations.records.ledger, life))
    leases = MortalLeases(operations.leases, life)
    return evolve(me, operations=evolve(operations, records=records, leases=leases))
