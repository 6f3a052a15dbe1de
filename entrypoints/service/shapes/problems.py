"""A problem document (RFC 9457), as every refusal has it."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True, eq=False, repr=False)
class FaultShape:
    """One of several things that are wrong."""

    code: str
    message: str
    place: str
    line: int
    column: int
    variable: str | None


@frozen(kw_only=True, eq=False, repr=False)
class ProblemShape:
    """Why it was refused, where, and what mends it; `correlation_id` is the platform's."""

    type: str
    title: str
    status: int
    detail: str
    place: str
    remedy: str
    problems: tuple[FaultShape, ...]
    correlation_id: str | None
    request_id: str
