"""Which sessions, and which time, is asked about."""

from __future__ import annotations

from attrs import frozen

from jackfield.domain.model.sessions.figures import By
from jackfield.domain.model.sessions.standings import Standing
from jackfield.entrypoints.service.moments import LONGEST
from jackfield.entrypoints.service.shapes.fields import number, real, text

_NAME = 200


@frozen(kw_only=True, eq=False, repr=False)
class SessionsAsked:
    """Which page: at most `limit` that began in the time, of a bot, at a standing, behind `after`."""

    bot: str | None = text(least=1, most=_NAME, default=None)
    standing: Standing | None = None
    since: str | None = text(least=1, most=LONGEST, default=None)
    until: str | None = text(least=1, most=LONGEST, default=None)
    limit: int = number(least=1, most=500, default=100)
    after: str | None = text(least=1, most=300, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class FiguresAsked:
    """Sessions that began in the time, unless given the last 7 days; grouped if `by` says how."""

    since: str | None = text(least=1, most=LONGEST, default=None)
    until: str | None = text(least=1, most=LONGEST, default=None)
    by: By | None = None
    bot: str | None = text(least=1, most=_NAME, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class WhatIf:
    """Other thresholds, one by one in the place of the session's own; none for what was decided alone."""

    max_turns: int | None = number(least=1, most=10_000, default=None)
    confidence_min: float | None = real(least=0, most=1, default=None)
    confidence_reject: float | None = real(least=0, most=1, default=None)
    rejects: int | None = number(least=1, most=10_000, default=None)
    margin_min: float | None = real(least=0, most=1, default=None)
    clarifications: int | None = number(least=0, most=10_000, default=None)
    clarify: bool | None = None
    sentiment_min: float | None = real(least=-1, most=1, default=None)
    sentiment_weight: float | None = real(least=0, most=1, default=None)
    sentiment_margin: float | None = real(least=0, most=1, default=None)
    sentiment_turns: int | None = number(least=1, most=10_000, default=None)
    failures: int | None = number(least=1, most=10_000, default=None)
    topics: str | None = text(least=1, most=4_000, default=None)
