"""Errors as `application/problem+json` (RFC 9457): one table from our tree to statuses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import orjson
from attrs import frozen

from jackfield.domain.model import errors
from jackfield.domain.model.errors import BreakerOpen, InvalidInput, JackfieldError, RateLimited
from jackfield.domain.model.problems import Problem as Fault
from jackfield.entrypoints.cli.views import problem_view

CONTENT_TYPE: Final = "application/problem+json"
_URN: Final = "urn:jackfield:problem:"
_SOON_S: Final = 5
MOST_PROBLEMS: Final = 50
LONGEST_TEXT: Final = 500


@frozen(kw_only=True)
class Kind:
    """What an error is over HTTP; `retry_after` is in seconds, None where trying again is no cure."""

    status: int
    name: str
    title: str
    retry_after: int | None = None


TABLE: Final[Mapping[type, Kind]] = {
    errors.ChainBroken: Kind(status=409, name="chain-broken", title="The audit log was changed"),
    errors.InvalidPrompt: Kind(status=422, name="invalid-prompt", title="The prompt breaks a rule"),
    errors.InvalidInput: Kind(status=400, name="invalid-input", title="What was sent does not fit"),
    errors.BudgetExceeded: Kind(status=422, name="budget-exceeded", title="It is over a limit"),
    errors.Conflict: Kind(status=409, name="conflict", title="Somebody else moved it"),
    errors.BreakerOpen: Kind(
        status=503, name="breaker-open", title="The platform failed just now", retry_after=_SOON_S
    ),
    errors.QueueFull: Kind(
        status=503, name="queue-full", title="Too many calls wait for the platform", retry_after=1
    ),
    errors.BotFull: Kind(
        status=503, name="bot-full", title="The bot has as many sessions as it may", retry_after=_SOON_S
    ),
    errors.Unavailable: Kind(
        status=503, name="unavailable", title="Ledger or platform is away", retry_after=_SOON_S
    ),
    errors.OpenedBeforeFork: Kind(
        status=503, name="opened-before-fork", title="The ledger was opened in another process"
    ),
    errors.AuthenticationFailed: Kind(
        status=502, name="platform-authentication", title="The platform refuses our credentials"
    ),
    errors.PermissionDenied: Kind(
        status=502, name="platform-permission", title="The platform refuses our client"
    ),
    errors.NotFound: Kind(status=404, name="not-found", title="There is nothing of that name"),
    errors.VersionExists: Kind(status=409, name="version-exists", title="The version is there already"),
    errors.RollbackActive: Kind(status=409, name="rollback-active", title="A rollback directive stands"),
    errors.RateLimited: Kind(
        status=503, name="rate-limited", title="The platform's limit is reached", retry_after=_SOON_S
    ),
    errors.PlatformRejected: Kind(status=502, name="platform-rejected", title="The platform refused"),
    errors.OutcomeUnknown: Kind(
        status=504, name="outcome-unknown", title="Nobody can tell whether it happened"
    ),
    errors.Refused: Kind(status=502, name="refused", title="The platform refused"),
    errors.NotSent: Kind(status=503, name="not-sent", title="It could not be sent", retry_after=_SOON_S),
    errors.JackfieldError: Kind(status=503, name="failed", title="It failed", retry_after=_SOON_S),
}
"""What stands for a class stands also for those below it that are not here."""


@frozen(kw_only=True)
class Problem:
    """A refusal as it is sent: its status, its headers, and the members of its document."""

    status: int
    headers: Mapping[str, str]
    document: Mapping[str, Any]

    def body(self, request_id: str) -> bytes:
        """Return the document, with the request's id."""
        return written({**self.document, "request_id": request_id})


def written(document: object) -> bytes:
    """Return a document as JSON; what UTF-8 cannot carry, as of an odd name, is escaped."""
    try:
        return orjson.dumps(document, default=_plain)
    except TypeError:
        return json.dumps(document, default=_plain, ensure_ascii=True).encode()


def _plain(value: object) -> object:
    """Return a mapping of a kind that the writer does not know as one that it does."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    return str(value)


class Refusal(Exception):
    """A request that is refused by the service itself, before the core hears of it."""

    def __init__(
        self,
        *,
        status: int,
        name: str,
        title: str,
        detail: str,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            status=status,
            headers=headers or {},
            document=_document(Kind(status=status, name=name, title=title), detail=detail, remedy=remedy),
        )


def problem_of(error: JackfieldError) -> Problem:
    """Return an error of ours as it is sent."""
    kind = next(TABLE[family] for family in type(error).__mro__ if family in TABLE)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    document = _document(kind, detail=cut(error.message), place=cut(error.place), remedy=cut(error.remedy))
    return Problem(
        status=kind.status,
        headers=dict(_retry(error, kind)),
        document={
            **document,
            "problems": list(_listed(problems)),
            "correlation_id": error.correlation_id,
        },
    )


def _listed(problems: Sequence[Fault]) -> Iterator[Mapping[str, Any]]:
    """Yield the first of them, each cut to what is readable; the last says how many there are besides."""
    for each in problems[:MOST_PROBLEMS]:
        view = problem_view(each)
        yield {name: cut(said) if isinstance(said, str) else said for name, said in view.items()}
    if len(problems) > MOST_PROBLEMS:
        yield problem_view(Fault(code="more", message=f"and {len(problems) - MOST_PROBLEMS} more"))


def cut(text: str) -> str:
    """Return a text without its end where it is long: nobody is sent back all that they sent."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _retry(error: JackfieldError, kind: Kind) -> Iterator[tuple[str, str]]:
    if isinstance(error, RateLimited | BreakerOpen) and error.retry_after is not None:
        yield "Retry-After", str(max(1, math.ceil(error.retry_after.total_seconds())))
    elif kind.retry_after is not None:
        yield "Retry-After", str(kind.retry_after)


def _document(kind: Kind, *, detail: str, place: str = "", remedy: str = "") -> dict[str, Any]:
    return {
        "type": f"{_URN}{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "place": place,
        "remedy": remedy,
        "problems": [],
        "correlation_id": None,
    }


def unexpected() -> Problem:
    """Return what is said of a fault of ours: nothing of it, for nobody knows what it holds."""
    kind = Kind(status=500, name="fault", title="The service has a fault")
    remedy = "tell whoever runs it the request's id: standard error says what happened"
    return Problem(status=500, headers={}, document=_document(kind, detail="something broke", remedy=remedy))
