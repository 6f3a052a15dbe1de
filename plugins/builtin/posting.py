"""Posting JSON to a receiver, signed, and reading its verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from urllib.parse import urlsplit

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, ordered
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, answered
from jackfield.domain.model.events import Entry
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import key_of, signed
from jackfield.ports.http import Http


def now() -> datetime:
    """Return the time of a try."""
    return datetime.now(UTC)


def usable(_instance: object, _field: object, secret: Secret | None) -> None:
    """Admit a secret that can sign, or none."""
    if secret is not None:
        key_of(secret)


def given(*secrets: Secret | None) -> tuple[Secret, ...]:
    """Return those that there are."""
    return tuple(each for each in secrets if each is not None)


@frozen(kw_only=True)
class Posted:
    """A destination that is a URL; `body` makes what is posted of an entry, None to post nothing.

    With two secrets, every webhook is signed by both, so that a receiver can change over in its own time.
    """

    name: str
    url: str = field(repr=False)
    wants: Collection[str]
    http: Http
    secrets: tuple[Secret, ...]
    body: Callable[[Entry], JSON]
    now: Callable[[], datetime] = field(default=now)

    @property
    def shown(self) -> str:
        """Where it posts to, without the path and query, which may hold a secret; and whether it signs."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}, {'signed' if self.secrets else 'not signed'}"

    def deliver(self, entry: Entry) -> Delivery:
        """Post it; the id is the event's, the time is this try's."""
        content = self.body(entry)
        if content is None:
            return Delivered()
        body = ordered(content).encode()
        headers = {
            "Content-Type": "application/json",
            **signed(entry.event.id, self.now(), body, self.secrets),
        }
        answer = self.http("POST", self.url, headers=headers, body=body)
        return answered(answer.status, answer.headers, self.now())

    def close(self) -> None:
        """There is nothing to let go of."""
