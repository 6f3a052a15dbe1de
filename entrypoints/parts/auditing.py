"""What looks at the audit log, and at a copy of it."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from jackfield.domain.model.events import Verified
from jackfield.domain.services.audit import Audit, unlooked
from jackfield.domain.services.prompts.records import Records
from jackfield.ports.ledger import Ledger


def audit(records: Records, look: Callable[[], None]) -> Audit:
    """Return the log of one target; *look* reads the whole store beneath its ledger."""
    return Audit(organization=records.organization, ledger=records.ledger, clock=records.clock, look=look)


def verified(log: Audit, copied: Ledger) -> Verified:
    """Return what the copy of a log holds; raise `ChainBroken` for one that does not verify."""
    return evolve(log, ledger=copied, look=unlooked).verify()
