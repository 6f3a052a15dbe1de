"""Whom a target may call besides its platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jackfield.entrypoints.settings import Settings
from jackfield.plugins.receivers import Admit
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.http import Send
    from jackfield.adapters.webhooks import Allowed
    from jackfield.ports.http import Answer, Http

_CONNECTED: Final = timedelta(seconds=4)
"""Less than a call of a plugin may take, so that a slow host is not taken for a plugin that hangs."""


def allowed(settings: Settings) -> Allowed:
    """Return what the settings allow by name; on a simulator target also this machine."""
    from jackfield.adapters.webhooks import Allowed

    names = frozenset(name.lower() for name in settings.deliveries.allow)
    return Allowed(names=names, loopback=settings.platform == "simulator")


def admitting(settings: Settings) -> Admit:
    """Return what refuses the URL of a receiver that can never be called; it is loaded late."""
    return lambda url, place: allowed(settings).refuse_url(url, place=place)


def connected(settings: Settings, clock: Clock, send: Send) -> Http:
    """Return what plugins call hosts by while they hear of measurements: guarded, and loaded late."""

    def call(
        method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        from jackfield.adapters.webhooks import GuardedHttp

        http = GuardedHttp(send=send, clock=clock, allowed=allowed(settings), deadline=_CONNECTED)
        return http(method, url, headers=headers, body=body)

    return call
