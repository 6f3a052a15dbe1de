"""A process that delivers until it is killed: the real ledger, the real line, and short waits."""

from __future__ import annotations

import random
import secrets
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.postgres import PostgresLeases, PostgresLedger
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.webhooks import Allowed, GuardedHttp
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.deliveries.retries import Retries
from jackfield.domain.model.events import Entry
from jackfield.domain.model.exports import exported
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.deliveries import Deliveries, Pause
from jackfield.domain.services.deliveries.passing import Passing
from jackfield.domain.services.deliveries.records import DeliveryRecords
from jackfield.plugins.builtin.posting import Posted
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger
from jackfield.ports.telemetry import unheard
from tests.proofs.receivers import SECRET

WAITS: Final = tuple(timedelta(milliseconds=ms) for ms in (20, 40, 80, *[100] * 60))
PAUSE: Final = Pause(lanes=8, batch=timedelta(milliseconds=200), lease=timedelta(seconds=1))


def _body(entry: Entry) -> JSON:
    return {"type": entry.event.type, "data": exported(entry)}


@contextmanager
def opened(place: str) -> Generator[tuple[Ledger, Leases]]:
    """Open ledger and leases: in the database of a PostgreSQL URL, or in a file."""
    if place.startswith("postgresql:"):
        with PostgresLedger(Secret(place)) as shared:
            yield shared, PostgresLeases(shared.database)
    else:
        with SqliteLedger(Path(place)) as ledger:
            yield ledger, SqliteLeases(ledger.file, SystemClock())


def courier(ledger: Ledger, leases: Leases, url: str) -> Deliveries:
    """Return deliveries to *url*, with waits of milliseconds."""
    clock = SystemClock()
    http = GuardedHttp(
        send=RequestsSend(cut=True),
        clock=clock,
        allowed=Allowed(loopback=True),
        deadline=timedelta(milliseconds=300),
    )
    posted = Posted(name="hooks", url=url, wants=("*",), http=http, secrets=(Secret(SECRET),), body=_body)
    passing = Passing(
        records=DeliveryRecords(
            organization=ORGANIZATION,
            ledger=ledger,
            clock=clock,
            new_id=lambda: secrets.token_hex(16),
        ),
        leases=leases,
        owner=secrets.token_hex(4),
        retries=Retries(jitter=random.random, table=WAITS),
        pause=PAUSE,
        measure=unheard,
    )
    return Deliveries(passing=passing, destinations=lambda: (posted,))


def deliver_until_killed(place: str, url: str) -> None:
    """Deliver what is due, again and again."""
    with opened(place) as (ledger, leases):
        deliveries = courier(ledger, leases, url)
        while True:
            (passed,) = deliveries.run(timedelta(seconds=10))
            if not passed.delivered:
                time.sleep(0.01)


if __name__ == "__main__":  # no list of processes shows what stands on standard input
    deliver_until_killed(sys.stdin.readline().strip(), *sys.argv[1:])
