"""What an answer that is not a success means: the platform's error envelope, as one error of our tree.

Codes, field names, scopes and permissions are repeated; the platform's sentences are not, for they echo
what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from attrs import Factory, field, frozen

from jackfield.adapters.genesys.envelopes import (
    Said,
    correlation_id,
    permissions,
    read_envelope,
    retry_after,
)
from jackfield.adapters.http import Effect, Request, Response
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

_BAD_CLIENT: Final = frozenset({"invalid_client", "invalid_grant"})
"""OAuth's own words for what the API says with 401."""


@frozen
class Tried:
    """One request that is being made, and what an error may tell of it."""

    request: Request
    clock: Clock
    name: str = "NAME"
    started: float = field(init=False, default=Factory(lambda self: self.clock.monotonic(), takes_self=True))

    @property
    def changes(self) -> bool:
        """Whether the call may have changed something."""
        return self.request.effect is not Effect.READS

    def attempts(self, response: Response | None = None, error: str | None = None) -> tuple[Attempt, ...]:
        """Return the earlier attempts and this one, with its own error or the platform's code."""
        whole = timedelta(seconds=self.clock.monotonic() - self.started)
        if response is None:
            return (attempt(self.request, error=error, elapsed=whole),)
        elapsed = whole if response.elapsed is None else response.elapsed
        return *response.earlier, attempt(self.request, response, error=error, elapsed=elapsed)

    def unanswered(self, error: JackfieldError) -> JackfieldError:
        """Return what a call without a whole answer is: for a read nothing happened, whatever was sent."""
        kind = OutcomeUnknown if self.changes and isinstance(error, OutcomeUnknown) else Unavailable
        return kind(error.message, place=self._place, remedy=error.remedy, attempts=error.attempts)

    def unreadable(self, response: Response, fault: InvalidInput) -> JackfieldError:
        """Return what a success is whose body cannot be read: a change may well have happened."""
        kind = OutcomeUnknown if self.changes else Unavailable
        return kind(str(fault), place=self._place, attempts=self.attempts(response, fault.message))

    def refused(self, response: Response) -> JackfieldError:
        """Return what the platform's answer, which is no success, means.

        A no to the last try tells nothing of an earlier one that was sent and never answered.
        """
        said = read_envelope(response.body)
        error = _meaning(response.status, said)(self, response, said)
        return unsettled(error) if response.unsettled and self.changes else error

    def common(self, response: Response, said: Said) -> dict[str, Any]:
        """Return where the error happened and what was tried, for its constructor."""
        return {"place": self._place, "attempts": self.attempts(response, said.code)}

    @property
    def _place(self) -> str:
        return place(self.request)


def attempt(
    request: Request,
    response: Response | None = None,
    *,
    error: str | None = None,
    elapsed: timedelta = timedelta(),
) -> Attempt:
    """Return what may be told of one try; *error* goes before the platform's code."""
    return Attempt(
        method=request.method,
        path=urlsplit(request.url).path,
        status=response.status if response else None,
        error=error or (read_envelope(response.body).code or None if response else None),
        correlation_id=correlation_id(response) or None if response else None,
        elapsed=elapsed,
    )


def place(request: Request) -> str:
    """Return where a call goes: the method, the host and the path, without a user or a query."""
    parts = urlsplit(request.url)
    return f"{request.method} {parts.netloc.rpartition('@')[2]}{parts.path}"


def unsettled(error: JackfieldError) -> JackfieldError:
    """Return the end of a change of which an earlier try was sent and never answered."""
    if isinstance(error, OutcomeUnknown):
        return error
    unknown = OutcomeUnknown(
        f"an earlier try was sent and got no answer, and then {error.message}",
        place=error.place,
        remedy=error.remedy,
        attempts=error.attempts,
    )
    unknown.__cause__ = error
    return unknown


def _unauthorized(tried: Tried, response: Response, said: Said) -> JackfieldError:
    return AuthenticationFailed(
        f"the platform does not accept who we are ({said.code or response.status})",
        remedy="check the OAuth client's id and secret, and the region, which knows only its own clients",
        **tried.common(response, said),
    )


def _forbidden(tried: Tried, response: Response, said: Said) -> JackfieldError:
    lacks = ", ".join(permissions(response.body)) or "a scope or a role that the platform does not name"
    return PermissionDenied(
        f"the OAuth client lacks {lacks}",
        remedy="add it to the OAuth client's scopes or roles",
        **tried.common(response, said),
    )


def _missing(tried: Tried, response: Response, said: Said) -> JackfieldError:
    return NotFound(
        "the platform has nothing there",
        remedy="somebody removed it there, or this is not the platform that it was published to: check the"
        " target's region, base URL and organization",
        field=next((field for _, field in said.details if field), ""),
        **tried.common(response, said),
    )


def _conflict(tried: Tried, response: Response, said: Said) -> JackfieldError:
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


def _limited(tried: Tried, response: Response, said: Said) -> JackfieldError:
    wait = retry_after(response.headers.get("retry-after"), tried.clock.now())
    return RateLimited(
        "the platform's rate limit is reached",
        remedy=f"try again in {wait.total_seconds():.0f} s" if wait is not None else "try again later",
        retry_after=wait,
        **tried.common(response, said),
    )


def _rejected(tried: Tried, response: Response, said: Said) -> JackfieldError:
    redirected = response.status < HTTPStatus.BAD_REQUEST
    return PlatformRejected(
        f"the platform answered {' '.join(filter(None, (str(response.status), str(said))))}",
        remedy="redirects are not followed: check the region or the base URL"
        if redirected
        else "mend what it names; with the correlation id, the platform's support finds the call",
        code=said.reason if response.status == HTTPStatus.CONFLICT and said.reason else said.code,
        **tried.common(response, said),
    )


def _failed(tried: Tried, response: Response, said: Said) -> JackfieldError:
    """Tell nothing of a change: even a 503 may come from a gateway that gave up waiting for the work."""
    kind = OutcomeUnknown if tried.changes else Unavailable
    answer = " ".join(filter(None, (str(response.status), said.code)))
    return kind(
        f"the platform failed with {answer}", remedy="try again later", **tried.common(response, said)
    )


_Meaning: TypeAlias = Callable[[Tried, Response, Said], JackfieldError]
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


def _meaning(status: int, said: Said) -> _Meaning:
    if said.code in _BAD_CLIENT and status == HTTPStatus.BAD_REQUEST:
        return _unauthorized
    return _MEANINGS.get(status, _failed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _rejected)
