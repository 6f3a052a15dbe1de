"""The deliveries of webhooks in the store: filed at an end, taken off when they are due, logged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from attrs import frozen

from jackfield.adapters.simulator.platform.agenda import Agenda
from jackfield.adapters.simulator.platform.conversations import to_ms
from jackfield.adapters.simulator.platform.noticing import Ended, Fate, Outgoing, PostOffice
from jackfield.adapters.simulator.store import Document, Transaction
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import signed

WEBHOOKS: Final = "webhooks"
MOST_WEBHOOKS: Final = 1_000
LOGGED: Final = 1_000
AGAIN: Final = (timedelta(seconds=1), timedelta(seconds=5))
"""After how long a delivery that failed is tried again."""

_DUE: Final = "notices"
_LOG: Final = "notice-log"
_COUNTS: Final = "notice-counts"
_MILLISECOND: Final = timedelta(milliseconds=1)


@frozen
class Post:
    """The deliveries in the store."""

    state: Transaction
    office: PostOffice

    def announce(self, ended: Ended, at: int) -> None:
        """Let every webhook be told of what ended at that time."""
        for number, webhook in enumerate(self.state.page(WEBHOOKS, offset=0, limit=MOST_WEBHOOKS)):
            for copy in range(self.office.rules.repeats):
                self._file(_held(ended, webhook), at, f"{ended.key}/{number}/{copy}")
        self.office.bell.set()

    def take(self, now: datetime, most: int) -> Iterator[Outgoing]:
        """Take deliveries off that are due."""
        for _ in range(most):
            due = self._agenda.pop(to_ms(now))
            if due is None:
                return
            held = {**due.what, "tries": due.what["tries"] + 1}
            self._count(Fate.TAKEN)
            yield _outgoing(held, now)

    def report(self, outgoing: Outgoing, fate: Fate, now: datetime) -> None:
        """Note what became of a delivery; what failed is due again later, a few times."""
        tries = outgoing.tries
        if fate is Fate.FAILED and tries <= len(AGAIN):
            self._agenda.push(to_ms(now + AGAIN[tries - 1]), outgoing.held)
            return
        sent = {"headers": dict(outgoing.headers), "body": outgoing.body.decode()}
        self._log(outgoing.held, fate, sent if fate is Fate.RECORDED else {})

    def awaits(self) -> bool:
        """Say whether more will be due."""
        return len(self._agenda) > 0

    def counts(self) -> dict[str, int]:
        """Return how many deliveries are due some day, and how many met which fate."""
        return {"due": len(self._agenda), **(self.state.get(_COUNTS, _COUNTS) or {})}

    def logged(self) -> list[Document]:
        """Return what became of the newest deliveries, in order."""
        held = self.state.page(_LOG, offset=0, limit=LOGGED)
        return [each["told"] for each in sorted(held, key=lambda each: int(each["number"]))]

    def _file(self, held: Document, at: int, key: str) -> None:
        rules, seed = self.office.rules, self.office.seed
        if _chance(seed, key, "loss") < rules.loss:
            self._log(held, Fate.LOST, {})
            return
        late = rules.delay + rules.disorder * _chance(seed, key, "disorder")
        self._agenda.push(at + late // _MILLISECOND, held)

    def _log(self, held: Document, fate: Fate, more: Document) -> None:
        counts = self._count(fate)
        number = sum(count for name, count in counts.items() if name != Fate.TAKEN)
        told = {name: held[name] for name in ("id", "webhook", "url", "conversation", "tries")}
        kept = {"number": number, "told": {**told, "fate": fate.value, **more}}
        self.state.put(_LOG, str(number % LOGGED), kept)

    def _count(self, fate: Fate) -> dict[str, int]:
        counts: dict[str, int] = {**(self.state.get(_COUNTS, _COUNTS) or {})}
        counts[fate.value] = counts.get(fate, 0) + 1
        self.state.put(_COUNTS, _COUNTS, counts)
        return counts

    @property
    def _agenda(self) -> Agenda:
        return Agenda(self.state, _DUE)


def _held(ended: Ended, webhook: Document) -> Document:
    """Return a delivery with all that it takes, also when the webhook is removed meanwhile."""
    return {
        "id": ended.event,
        "conversation": ended.conversation,
        "body": ended.body,
        "webhook": webhook["id"],
        "url": webhook["url"],
        "secret": webhook["secret"],
        "tries": 0,
    }


def _outgoing(held: Document, now: datetime) -> Outgoing:
    body = str(held["body"]).encode()
    secrets = [Secret(held["secret"])] if held["secret"] else []
    return Outgoing(
        id=held["id"],
        conversation=held["conversation"],
        webhook=held["webhook"],
        url=held["url"],
        headers={"content-type": "application/json", **signed(held["id"], now, body, secrets)},
        body=body,
        tries=held["tries"],
        held=held,
    )


def _chance(seed: int, key: str, name: str) -> float:
    """Return a number of [0, 1)."""
    source = "\0".join(("notice", str(seed), key, name))
    drawn = blake2b(source.encode(errors="replace"), digest_size=6).digest()
    return int.from_bytes(drawn) / (1 << 48)
