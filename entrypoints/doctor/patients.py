"""What the checks look at, and what one check leaves for the next."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack

from attrs import define

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.audit import Audit
from jackfield.entrypoints.doctor.probes import Probe
from jackfield.entrypoints.settings import Settings
from jackfield.ports.clock import Clock


@define(kw_only=True)
class Patient:
    """A target's settings and the way to its platform; `trouble` if its organization is not known.

    `commands` are the command's own, which no plugin may take.
    `reached`, `access_token` and `audit` are set by the checks that find them well.
    """

    settings: Settings
    trouble: JackfieldError | None
    probe: Probe
    clock: Clock
    stack: ExitStack
    commands: Collection[str] = ()
    reached: bool = False
    access_token: str | None = None
    audit: Audit | None = None
