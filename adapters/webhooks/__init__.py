"""Calls to hosts that others named: guarded against reaching what they must not reach."""

from __future__ import annotations

from jackfield.adapters.webhooks.guard import GuardedHttp
from jackfield.adapters.webhooks.resolving import Resolve, system_resolver
from jackfield.adapters.webhooks.targets import Allowed

__all__ = ["Allowed", "GuardedHttp", "Resolve", "system_resolver"]
