"""Having the platform tell of ends: one webhook to one URL, signed with the current secret."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect
from jackfield.domain.model.secrets import Secret
from jackfield.ports.clock import Clock
from jackfield.ports.end_notices import EndNotices, Registered


@frozen(kw_only=True)
class Registering:
    """Registers webhooks; `url` and `secret` are those of the settings, if they name them.

    A URL may hold a secret: no message repeats it.
    """

    notices: EndNotices
    clock: Clock
    url: str | None = field(default=None, repr=False)
    secret: Secret | None = None
    deadline: timedelta = timedelta(seconds=20)

    def register(self, url: str | None = None) -> Registered:
        """Have one webhook to *url*, unless given the settings'; twice is one, a new secret replaces it.

        Raises `InvalidInput` without a URL or a secret, and what the platform's calls raise.
        """
        if self.secret is None:
            raise InvalidInput(
                "no secret is set, so no notice could be believed",
                place="sessions.notices",
                remedy="name its environment variable: secret_env of [sessions.notices]",
            )
        return self.notices.ensure(self._url(url), self.secret, ends=self._ends())

    def registered(self, url: str | None = None) -> tuple[Registered, ...]:
        """Return our webhooks to *url* at the platform."""
        return self.notices.registered(self._url(url), self.secret, ends=self._ends())

    def remove(self, url: str | None = None) -> int:
        """Remove our webhooks to *url*, and return how many there were."""
        return self.notices.remove(self._url(url), ends=self._ends())

    def _url(self, url: str | None) -> str:
        wanted = self.url if url is None else url
        if wanted is None:
            raise InvalidInput(
                "no URL is named",
                place="sessions.notices",
                remedy="name one, or set url in [sessions.notices] of jackfield.toml",
            )
        expect(str, wanted, "url", "write a text")
        return wanted

    def _ends(self) -> float:
        return self.clock.monotonic() + self.deadline.total_seconds()
