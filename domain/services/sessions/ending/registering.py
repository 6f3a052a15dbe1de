"""Having the platform tell of ends: one webhook to one URL, signed with the current secret."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, digest
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.fields import expect
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.happenings import NOTICES
from jackfield.domain.model.sessions.notice_urls import refuse_odd_url
from jackfield.domain.model.sessions.states import SessionsState
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, SessionRecords
from jackfield.ports.end_notices import EndNotices, Registered
from jackfield.ports.ledger import Change

_SUBJECT: Final = "notices"
_TRIES: Final = 20


@frozen(kw_only=True)
class Registering:
    """Registers webhooks; `url` and `secret` are those of the settings, if they name them.

    `unset` names the environment variable of the secret where it is not set. Each change is an entry of the
    audit log. A URL may hold a secret: no message repeats it, and no entry.
    """

    records: SessionRecords
    notices: EndNotices
    url: str | None = field(default=None, repr=False)
    secret: Secret | None = None
    unset: str | None = None
    deadline: timedelta = timedelta(seconds=20)

    def register(self, url: str | None = None, by: Actor = BY_ITSELF) -> Registered:
        """Have one webhook to *url*, unless given the settings'; twice is one, a new secret replaces it.

        Raises `InvalidInput` without a URL or a secret, and what the platform's calls raise.
        """
        if self.unset is not None:
            raise InvalidInput(
                f"the environment variable {self.unset} is not set, so no notice could be believed",
                place="sessions.notices.secret_env",
                remedy=f"set {self.unset} to the secret, here and where notices are received",
            )
        if self.secret is None:
            raise InvalidInput(
                "no secret is set, so no notice could be believed",
                place="sessions.notices",
                remedy="name its environment variable: secret_env of [sessions.notices]",
            )
        wanted = self._url(url)
        found = self.notices.ensure(wanted, self.secret, ends=self._ends())
        self._tell(by, wanted, {"change": "register", "webhook": found.id, "name": found.name})
        return found

    def registered(self, url: str | None = None) -> tuple[Registered, ...]:
        """Return our webhooks to *url* at the platform."""
        return self.notices.registered(self._url(url), self.secret, ends=self._ends())

    def remove(self, url: str | None = None, by: Actor = BY_ITSELF) -> int:
        """Remove our webhooks to *url*, and return how many there were."""
        wanted = self._url(url)
        count = self.notices.remove(wanted, ends=self._ends())
        if count:
            self._tell(by, wanted, {"change": "remove", "count": count})
        return count

    def _tell(self, by: Actor, url: str, said: Mapping[str, JSON]) -> None:
        """Write the entry, with the URL's hash: who has the URL finds it."""
        records = self.records
        subject = Subject(records.organization, Kind.SESSIONS, _SUBJECT)
        payload = {**said, "url_hash": digest(url)}
        event = records.event(subject, NOTICES, Outcome.SUCCEEDED, by, payload)
        for _ in range(_TRIES):
            revision = records.ledger.read(subject).revision
            with suppress(Conflict):
                records.ledger.commit(
                    Change(subject=subject, expected=revision, state=SessionsState(), events=(event,))
                )
                return
        raise Conflict(
            "the platform was told, but others write the entry of it at the same moment",
            place=_SUBJECT,
            remedy="do it again: what is there stays as it is, and is told",
        )

    def _url(self, url: str | None) -> str:
        wanted = self.url if url is None else url
        if wanted is None:
            raise InvalidInput(
                "no URL is named",
                place="sessions.notices",
                remedy="name one, or set url in [sessions.notices] of jackfield.toml",
            )
        expect(str, wanted, "url", "write a text")
        refuse_odd_url(wanted, "url")
        return wanted

    def _ends(self) -> float:
        return self.records.clock.monotonic() + self.deadline.total_seconds()
