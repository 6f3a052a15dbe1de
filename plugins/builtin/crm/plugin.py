"""The destination `crm`: one call of a REST API for each session that is over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Rejected, Retry, answered
from jackfield.domain.model.events import Entry, Outcome
from jackfield.domain.model.sessions.happenings import END
from jackfield.plugins.builtin.crm.calls import Calls
from jackfield.plugins.builtin.crm.settings import CrmSettings
from jackfield.plugins.builtin.posting import now
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http
from jackfield.ports.previews import NoCall, Preview

NAME: Final = "crm"
WANTS: Final = (f"{END}:{Outcome.SUCCEEDED}",)

_CLIENT_ERRORS: Final = range(400, 500)
_LATER: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""What says nothing of the session: that a token ran out, or that somebody else is at it just now."""


@frozen(kw_only=True)
class Synced:
    """A destination that tells a CRM; `taken` are statuses by which it says that it has it already."""

    calls: Calls
    http: Http
    taken: Collection[int] = ()
    refused: Collection[int] = ()
    now: Callable[[], datetime] = field(default=now, repr=False)
    name: str = NAME
    wants: tuple[str, ...] = WANTS

    @property
    def shown(self) -> str:
        """Where it calls, without the path and query."""
        return f"{self.calls.method} {self.calls.origin}"

    def preview(self, entry: Entry) -> Preview:
        """Return what would be sent."""
        call = self.calls.call_for(entry)
        return call if isinstance(call, NoCall) else call.planned()

    def deliver(self, entry: Entry) -> Delivery:
        """Make the call; what the settings leave out counts as delivered."""
        call = self.calls.call_for(entry)
        if isinstance(call, NoCall):
            return Rejected(reason=call.why) if call.refused else Delivered()
        answer = self.http(call.method, call.url, headers=call.revealed(), body=call.body.encode())
        return self._verdict(answer.status, answer.headers)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _verdict(self, status: int, headers: Mapping[str, str]) -> Delivery:
        """The status decides, never the body: that is not even looked at."""
        if status in self.taken:
            return Delivered()
        verdict = answered(status, headers, self.now())
        final = isinstance(verdict, Retry) and status in _CLIENT_ERRORS and status not in _LATER
        return Rejected(reason=f"the CRM answered {status}") if final or status in self.refused else verdict


@frozen
class Crm:
    """Gives the destination `crm`."""

    Settings: ClassVar[type[CrmSettings]] = CrmSettings

    settings: CrmSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Synced]:
        """Give the one destination."""
        del settings  # a session's end says everything
        own = self.settings
        refused = own.chosen.refused if own.chosen else ()
        return [Synced(calls=Calls.of(own), http=http, taken=own.taken, refused=refused)]
