"""Permissions for a time: to act alone, or as one of a few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from attrs import frozen

from jackfield.domain.model.subjects import Organization


@frozen(kw_only=True)
class Lease:
    """One holder's permission under a name, until it expires.

    `token` fences: it is higher than that of every lease given before under the same organization and name.
    """

    organization: Organization
    name: str
    holder: str
    token: int
    expires: datetime


class Leases(Protocol):
    """Gives leases, race-free over threads and processes; a crashed holder's return when they expire.

    Every verb may raise `Unavailable` (nothing was changed) and `OpenedBeforeFork`.
    """

    def acquire(
        self, organization: Organization, name: str, *, holder: str, lifetime: timedelta, limit: int = 1
    ) -> Lease | None:
        """Return a new lease, or None while *limit* others under that name have not expired.

        The same holder twice is two leases. Never waits.
        """
        ...

    def renew(self, lease: Lease, lifetime: timedelta) -> Lease:
        """Return the lease with a new expiry, counted from now; raise `Conflict` if it was lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give it back; one that was lost or given back already is no error."""
        ...

    def held(self, organization: Organization, name: str) -> Sequence[Lease]:
        """Return the leases under that name that have not expired, oldest first."""
        ...
