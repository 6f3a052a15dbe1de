"""What plugins are written with: the mark of a hook, what hooks are given, and what they give.

Each name is loaded when it is first used; `common`, `pass_options` and `Options` are for commands alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jackfield.domain.model.budgets import TokenCount
    from jackfield.domain.model.conversations.examples import Asking, Example
    from jackfield.domain.model.conversations.messages import Message, Role
    from jackfield.domain.model.deliveries.verdicts import (
        Delivered,
        Delivery,
        Gone,
        Rejected,
        Retry,
        answered,
    )
    from jackfield.domain.model.events import Entry, Event, Outcome, Position
    from jackfield.domain.model.measurements import Asked, Measurement
    from jackfield.domain.model.progress import Progress
    from jackfield.domain.model.reviews import Candidate, Finding, Severity
    from jackfield.domain.model.secrets import Secret
    from jackfield.domain.model.sessions.signals import UNMEASURED, Evaluation
    from jackfield.domain.model.signatures import signed, verify
    from jackfield.domain.model.subjects import Kind, Organization, Subject
    from jackfield.entrypoints.cli.options import Options, common, pass_options
    from jackfield.plugins.markers import hookimpl
    from jackfield.plugins.standing import PluginState
    from jackfield.plugins.types import (
        CacheProvider,
        DestinationSettings,
        LedgerProvider,
        PluginReport,
        TokenCounterProvider,
        UnderstandingProvider,
    )
    from jackfield.ports.cache import Cache
    from jackfield.ports.destinations import Destination
    from jackfield.ports.http import Answer, Http
    from jackfield.ports.leases import Lease, Leases
    from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned
    from jackfield.ports.previews import NoCall, PlannedCall, Preview
    from jackfield.ports.tokens import TokenCounter
    from jackfield.ports.understanding import Understanding

__all__ = [
    "UNMEASURED",
    "Answer",
    "Asked",
    "Asking",
    "Cache",
    "CacheProvider",
    "Candidate",
    "Change",
    "Delivered",
    "Delivery",
    "Destination",
    "DestinationSettings",
    "Entry",
    "Evaluation",
    "Event",
    "Example",
    "Finding",
    "Gone",
    "Http",
    "Kind",
    "Lease",
    "Leases",
    "Ledger",
    "LedgerProvider",
    "Measurement",
    "Message",
    "NoCall",
    "Options",
    "Organization",
    "Outcome",
    "PlannedCall",
    "PluginReport",
    "PluginState",
    "Position",
    "Preview",
    "Progress",
    "Receipt",
    "Rejected",
    "Repeat",
    "Retry",
    "Role",
    "Secret",
    "Severity",
    "Subject",
    "TokenCount",
    "TokenCounter",
    "TokenCounterProvider",
    "Understanding",
    "UnderstandingProvider",
    "Versioned",
    "answered",
    "common",
    "hookimpl",
    "pass_options",
    "signed",
    "verify",
]

_HOMES: Final = {
    "domain.model.budgets": ("TokenCount",),
    "domain.model.conversations.examples": ("Asking", "Example"),
    "domain.model.conversations.messages": ("Message", "Role"),
    "domain.model.deliveries.verdicts": ("Delivered", "Delivery", "Gone", "Rejected", "Retry", "answered"),
    "domain.model.events": ("Entry", "Event", "Outcome", "Position"),
    "domain.model.measurements": ("Asked", "Measurement"),
    "domain.model.progress": ("Progress",),
    "domain.model.reviews": ("Candidate", "Finding", "Severity"),
    "domain.model.secrets": ("Secret",),
    "domain.model.sessions.signals": ("UNMEASURED", "Evaluation"),
    "domain.model.signatures": ("signed", "verify"),
    "domain.model.subjects": ("Kind", "Organization", "Subject"),
    "entrypoints.cli.options": ("Options", "common", "pass_options"),
    "plugins.markers": ("hookimpl",),
    "plugins.standing": ("PluginState",),
    "plugins.types": (
        "CacheProvider",
        "DestinationSettings",
        "LedgerProvider",
        "PluginReport",
        "TokenCounterProvider",
        "UnderstandingProvider",
    ),
    "ports.cache": ("Cache",),
    "ports.destinations": ("Destination",),
    "ports.http": ("Answer", "Http"),
    "ports.leases": ("Lease", "Leases"),
    "ports.ledger": ("Change", "Ledger", "Receipt", "Repeat", "Versioned"),
    "ports.previews": ("NoCall", "PlannedCall", "Preview"),
    "ports.tokens": ("TokenCounter",),
    "ports.understanding": ("Understanding",),
}


def __getattr__(name: str) -> object:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'jackfield.plugin' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"jackfield.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
