"""Whom a target may call besides its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jackfield.entrypoints.settings import Settings
from jackfield.plugins.receivers import Admit

if TYPE_CHECKING:
    from jackfield.adapters.webhooks import Allowed


def allowed(settings: Settings) -> Allowed:
    """Return what the settings allow by name; on a simulator target also this machine."""
    from jackfield.adapters.webhooks import Allowed

    names = frozenset(name.lower() for name in settings.deliveries.allow)
    return Allowed(names=names, loopback=settings.platform == "simulator")


def admitting(settings: Settings) -> Admit:
    """Return what refuses the URL of a receiver that can never be called; it is loaded late."""
    return lambda url, place: allowed(settings).refuse_url(url, place=place)
