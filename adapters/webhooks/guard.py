"""One guarded call: every address of the host is checked, and the connection goes to what was checked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

from attrs import evolve, field, frozen

from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.webhooks import addresses, targets
from jackfield.adapters.webhooks.resolving import Resolve, system_resolver
from jackfield.adapters.webhooks.targets import Allowed, Target
from jackfield.domain.model.errors import Unavailable
from jackfield.ports.clock import Clock
from jackfield.ports.http import Answer

DEADLINE: Final = timedelta(seconds=5)
LIMIT_BYTES: Final = 64_000

_MOST_TRIED: Final = 3


@frozen(kw_only=True)
class GuardedHttp:
    """An `Http` over *send*, which must not follow redirects.

    A name is resolved once a call, and that answer is checked and used: a resolver that says something else
    a moment later is not asked again.
    """

    send: Send
    clock: Clock
    allowed: Allowed = field(factory=Allowed)
    resolve: Resolve = system_resolver
    deadline: timedelta = DEADLINE

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Return the answer, whatever its status."""
        target = targets.read(url)
        ends = self.clock.monotonic() + self.deadline.total_seconds()
        found = self._resolved(target)
        self.allowed.refuse(target, found)
        request = Request(method=method, url=url, headers=dict(headers or {}), body=body, operation="webhook")
        response = self._sent(request, found, ends)
        return Answer(status=response.status, headers=response.headers, body=response.body)

    def _resolved(self, target: Target) -> tuple[addresses.Address, ...]:
        with suppress(ValueError):
            return (ip_address(target.host),)
        return tuple(addresses.read(each) for each in self.resolve(target.host, target.port))

    def _sent(self, request: Request, found: tuple[addresses.Address, ...], ends: float) -> Response:
        """Try the addresses in the resolver's order; the next one only while nothing was sent."""
        failure = Unavailable("no connection in time", remedy="check the receiver")
        for address in found[:_MOST_TRIED]:
            left = timedelta(seconds=max(0.001, ends - self.clock.monotonic()))
            try:
                return self.send(evolve(request, address=str(address), read_timeout=left, deadline=left))
            except Unavailable as error:
                failure = error
        raise failure
