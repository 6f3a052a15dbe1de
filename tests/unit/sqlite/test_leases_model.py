"""Leases agree with a model of a few lines, wherever the clock goes."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import DataObject, data, integers, sampled_from

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.domain.model.errors import Conflict
from jackfield.ports.leases import Lease

SECOND = timedelta(seconds=1)


class LeasesModel(RuleBasedStateMachine):
    """Leases of one name, given by two openings of one file, beside a dictionary of their expiries."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jackfield-leases-"))
        self.clock = FrozenClock()
        self.ledgers = [SqliteLedger(self.folder / "state" / "ledger.db") for _ in range(2)]
        self.leases = [SqliteLeases(ledger.file, self.clock) for ledger in self.ledgers]
        self.rows = dict[int, datetime]()
        self.given = list[Lease]()

    @rule(at=integers(0, 1), limit=integers(1, 3), seconds=integers(1, 20))
    def acquire(self, at: int, limit: int, seconds: int) -> None:
        now = self.clock.now()
        self.rows = {token: expires for token, expires in self.rows.items() if expires > now}
        lease = self.leases[at].acquire(
            ORGANIZATION, "job", holder="a", lifetime=seconds * SECOND, limit=limit
        )
        assert (lease is None) is (len(self.rows) >= limit)
        if lease is not None:
            assert lease.token == len(self.given) + 1
            self.given.append(lease)
            self.rows[lease.token] = now + seconds * SECOND

    @precondition(lambda self: self.given)
    @rule(at=integers(0, 1), which=data(), seconds=integers(1, 20))
    def renew(self, at: int, which: DataObject, seconds: int) -> None:
        lease = which.draw(sampled_from(self.given))
        lives = self.rows.get(lease.token, self.clock.now()) > self.clock.now()
        try:
            renewed = self.leases[at].renew(lease, seconds * SECOND)
        except Conflict:
            assert not lives
            return
        assert lives
        self.rows[lease.token] = renewed.expires

    @precondition(lambda self: self.given)
    @rule(at=integers(0, 1), which=data())
    def release(self, at: int, which: DataObject) -> None:
        lease = which.draw(sampled_from(self.given))
        self.leases[at].release(lease)
        self.rows.pop(lease.token, None)

    @rule(seconds=integers(0, 15))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds * SECOND)

    @rule(seconds=integers(-30, 30))
    def the_clock_is_set(self, seconds: int) -> None:
        self.clock.step(seconds * SECOND)

    @invariant()
    def those_held_are_the_models(self) -> None:
        held = {lease.token: lease.expires for lease in self.leases[0].held(ORGANIZATION, "job")}
        assert held == {token: e for token, e in self.rows.items() if e > self.clock.now()}

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        shutil.rmtree(self.folder)


TestLeases = LeasesModel.TestCase
TestLeases.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
