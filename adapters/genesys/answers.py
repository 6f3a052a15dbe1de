"""What an answer that is not a success means: the platform's error envelope, as one error of our tree.

Codes, field names, scopes and permissions are repeated; the platform's sentences are not, for they echo
what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

import orjson
from attrs import Factory, field, frozen

from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    Attempt,
    AuthenticationFailed,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    PlatformRejected,
    RateLimited,
    RollbackActive,
    Unavailable,
    VersionExists,
)
from jackfield.ports.clock import Clock

_CORRELATION: Final = "inin-correlation-id"

_WORD: Final = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")
_PERMISSION: Final = re.compile(r"[A-Za-z][\w-]*(?::[\w*-]+){1,3}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_MOST: Final = 8
_BAD_CLIENT: Final = frozenset({"invalid_client", "invalid_grant"})
"""OAuth's own words for what the API says with 401."""


@frozen
class Tried:
    """One request that is being made, and what an error may tell of it."""

    request: Request
    clock: Clock
    changes: bool
    name: str = "NAME"
    earlier: tuple[Attempt, ...] = ()
    started: float = field(init=False, default=Factory(lambda self: self.clock.monotonic(), takes_self=True))

    @property
    def path(self) -> str:
        """The path without its query, which holds names."""
        return urlsplit(self.request.url).path

    def attempts(self, response: Response | None = None, error: str | None = None) -> tuple[Attempt, ...]:
        """Return the earlier attempts and this one, with its own error or the platform's code."""
        attempt = Attempt(
            method=self.request.method,
            path=self.path,
            status=response.status if response else None,
            error=error or (_said(response.body).code or None if response else None),
            correlation_id=correlation_id(response) or None if response else None,
            elapsed=timedelta(seconds=self.clock.monotonic() - self.started),
        )
        return *self.earlier, attempt

    def unanswered(self, error: JackfieldError) -> JackfieldError:
        """Return what a call without a whole answer is: for a read nothing happened, whatever was sent."""
        kind = OutcomeUnknown if self.changes and isinstance(error, OutcomeUnknown) else Unavailable
        attempts = (*self.earlier, *error.attempts) if error.attempts else self.attempts(error=error.message)
        return kind(error.message, place=self._place, remedy=error.remedy, attempts=attempts)

    def unreadable(self, response: Response, fault: InvalidInput) -> JackfieldError:
        """Return what a success is whose body cannot be read: a change may well have happened."""
        kind = OutcomeUnknown if self.changes else Unavailable
        return kind(str(fault), place=self._place, attempts=self.attempts(response, fault.message))

    def refused(self, response: Response) -> JackfieldError:
        """Return what the platform's answer, which is no success, means."""
        said = _said(response.body)
        return _meaning(response.status, said)(self, response, said)

    def common(self, response: Response, said: _Said) -> dict[str, Any]:
        """Return where the error happened and what was tried, for its constructor."""
        return {"place": self._place, "attempts": self.attempts(response, said.code)}

    @property
    def _place(self) -> str:
        return f"{self.request.method} {urlsplit(self.request.url).netloc.rpartition('@')[2]}{self.path}"


@frozen
class _Said:
    """What of an error envelope may be repeated."""

    code: str = ""
    details: tuple[tuple[str, str], ...] = ()
    permissions: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The first detail's code, by which conflicts are told apart."""
        return self.details[0][0] if self.details else ""

    def __str__(self) -> str:
        details = ", ".join(" ".join(filter(None, (field, code))) for code, field in self.details[:_MOST])
        return ": ".join(filter(None, (self.code, details)))


def _said(body: bytes) -> _Said:
    try:
        envelope: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _Said()
    said = _object(envelope)
    return _Said(
        code=_word(said.get("code")) or _word(said.get("error")),
        details=tuple(_details(said.get("details"))),
        permissions=tuple(_permissions(said)),
    )


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _details(details: object) -> Iterator[tuple[str, str]]:
    for detail in map(_object, cast("list[object]", details) if isinstance(details, list) else ()):
        yield _word(detail.get("errorCode")), _word(detail.get("fieldName"))


def _permissions(said: Mapping[str, object]) -> list[str]:
    """Find the scopes or permissions that a 403 names in its sentence or its parameters."""
    text = f"{said.get('message')} {said.get('messageParams')}"
    return list(dict.fromkeys(_PERMISSION.findall(text)))[:_MOST]


def correlation_id(response: Response) -> str:
    """Return the platform's id of the call; nothing if what it sent is no id."""
    return _word(response.headers.get(_CORRELATION))


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _unauthorized(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    return AuthenticationFailed(
        f"the platform does not accept who we are ({said.code or response.status})",
        remedy="check the OAuth client's id and secret, and the region, which knows only its own clients",
        **tried.common(response, said),
    )


def _forbidden(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    lacks = ", ".join(said.permissions) or "a scope or a role that the platform does not name"
    return PermissionDenied(
        f"the OAuth client lacks {lacks}",
        remedy="add it to the OAuth client's scopes or roles",
        **tried.common(response, said),
    )


def _missing(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    return NotFound(
        "the platform has nothing there",
        remedy="somebody removed it there, or this is not the platform that it was published to: check the"
        " target's region, base URL and organization",
        **tried.common(response, said),
    )


def _conflict(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    if said.reason == "version.exists":
        return VersionExists(
            "the platform has this version already",
            remedy="publish under a new version number",
            **tried.common(response, said),
        )
    if said.reason == "rollback.active":
        return RollbackActive(
            "a version with an active rollback directive stands",
            remedy=f"run `jackfield unfreeze {tried.name}` first",
            **tried.common(response, said),
        )
    return _rejected(tried, response, said)


def _limited(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    wait = retry_after(response.headers.get("retry-after"), tried.clock.now())
    return RateLimited(
        "the platform's rate limit is reached",
        remedy=f"try again in {wait.total_seconds():.0f} s" if wait is not None else "try again later",
        retry_after=wait,
        **tried.common(response, said),
    )


def _rejected(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    redirected = response.status < HTTPStatus.BAD_REQUEST
    return PlatformRejected(
        f"the platform answered {' '.join(filter(None, (str(response.status), str(said))))}",
        remedy="redirects are not followed: check the region or the base URL"
        if redirected
        else "mend what it names; with the correlation id, the platform's support finds the call",
        code=said.reason if response.status == HTTPStatus.CONFLICT and said.reason else said.code,
        **tried.common(response, said),
    )


def _failed(tried: Tried, response: Response, said: _Said) -> JackfieldError:
    """Tell nothing of a change: even a 503 may come from a gateway that gave up waiting for the work."""
    kind = OutcomeUnknown if tried.changes else Unavailable
    answer = " ".join(filter(None, (str(response.status), said.code)))
    return kind(
        f"the platform failed with {answer}", remedy="try again later", **tried.common(response, said)
    )


_Meaning: TypeAlias = Callable[[Tried, Response, _Said], JackfieldError]
_MEANINGS: Final[Mapping[int, _Meaning]] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: _unauthorized,
        HTTPStatus.FORBIDDEN: _forbidden,
        HTTPStatus.NOT_FOUND: _missing,
        HTTPStatus.REQUEST_TIMEOUT: _failed,
        HTTPStatus.CONFLICT: _conflict,
        HTTPStatus.TOO_MANY_REQUESTS: _limited,
    }
)


def _meaning(status: int, said: _Said) -> _Meaning:
    if said.code in _BAD_CLIENT and status == HTTPStatus.BAD_REQUEST:
        return _unauthorized
    return _MEANINGS.get(status, _failed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _rejected)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return how long to wait: the header holds whole seconds or an HTTP date; None if it holds neither."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        then = parsedate_to_datetime(text)
        return max(then.replace(tzinfo=then.tzinfo or UTC) - now, timedelta())
    except (ValueError, OverflowError):
        return None
