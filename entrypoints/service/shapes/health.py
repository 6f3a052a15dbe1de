"""Whether the service lives, and whether it can work."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Health(StrEnum):
    """How a part is: `degraded` works, but somebody should look."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@frozen(kw_only=True, eq=False, repr=False)
class LiveShape:
    """It lives."""

    status: Health


@frozen(kw_only=True, eq=False, repr=False)
class PartShape:
    """One part that the service needs; `detail` names nothing that only a token's holder should know."""

    status: Health
    detail: str


@frozen(kw_only=True, eq=False, repr=False)
class JobShape:
    """One job: how often it was done, left to another replica, and failed."""

    name: str
    status: Health
    runs: int
    passed: int
    errors: int
    last: str | None


@frozen(kw_only=True, eq=False, repr=False)
class ReadyShape:
    """Whether it can work: the worst of its parts."""

    status: Health
    platform: PartShape
    ledger: PartShape
    deliveries: PartShape
    jobs: tuple[JobShape, ...]
