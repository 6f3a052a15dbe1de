"""A process that delivers until it is killed: the real ledger, the real line, and short waits."""

from __future__ import annotations

import random
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.transport import RequestsSend
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
from jackfield.ports.telemetry import unheard
from tests.proofs.receivers import SECRET

WAITS: Final = tuple(timedelta(milliseconds=ms) for ms in (20, 40, 80, *[100] * 60))
PAUSE: Final = Pause(lanes=8, batch=timedelta(milliseconds=200), lease=timedelta(seconds=1))


def _body(entry: Entry) -> JSON:
    return {"type": entry.event.type, "data": exported(entry)}


def courier(ledger: SqliteLedger, url: str) -> Deliveries:
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
        leases=SqliteLeases(ledger.file, clock),
        owner=secrets.token_hex(4),
        retries=Retries(jitter=random.random, table=WAITS),
        pause=PAUSE,
        measure=unheard,
    )
    return Deliveries(passing=passing, destinations=lambda: (posted,))


def deliver_until_killed(path: str, url: str) -> None:
    """Deliver what is due, again and again."""
    with SqliteLedger(Path(path)) as ledger:
        deliveries = courier(ledger, url)
        while True:
            (passed,) = deliveries.run(timedelta(seconds=10))
            if not passed.delivered:
                time.sleep(0.01)


if __name__ == "__main__":
    deliver_until_killed(*sys.argv[1:])
