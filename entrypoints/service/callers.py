"""Who calls: by a token, or anybody of this machine; and what the audit log is told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from jackfield.entrypoints.service.problems import Refusal
from jackfield.entrypoints.service.tokens import allows
from jackfield.entrypoints.settings.service import Scope

if TYPE_CHECKING:
    from jackfield.entrypoints.service.operations import Operation
    from jackfield.entrypoints.service.serving import Serving

LONGEST_ACTOR: Final = 200
LONGEST_REASON: Final = 500
ANONYMOUS: Final = "loopback"
"""The name of whoever calls from this machine without a token."""
_PROXIES: Final = ("HTTP_FORWARDED", "HTTP_X_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
"""How headers begin that a proxy adds: whoever calls by one may be anywhere."""
_LOOPBACK: Final = re.compile(r"(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_SCHEME: Final = "bearer "


@frozen(kw_only=True)
class Caller:
    """Somebody who calls: `actor` and `reason` go to the audit log, `name` to the access log."""

    name: str
    actor: str = ""
    reason: str = ""
    scopes: tuple[Scope, ...] = field(default=())


def admitted(serving: Serving, operation: Operation, environ: Mapping[str, Any]) -> Caller:
    """Return who calls; raise `Refusal` for whoever may not."""
    if operation.scope is None:
        return Caller(name="-")
    header: str | None = environ.get("HTTP_AUTHORIZATION")
    if header is not None or is_needed(serving):  # an empty one may be what a server made of a strange one
        name, scopes = _by_token(serving, header or "")
    else:
        name, scopes = _anonymous(environ)
    if not allows(scopes, operation.scope):
        raise Refusal(
            status=403,
            name="scope",
            title="The token may not do this",
            detail=f"it needs the scope {operation.scope.value}",
            remedy="use a token that has it: 'jackfield serve token' makes one",
        )
    return Caller(
        name=name,
        scopes=scopes,
        actor=_actor(name, _header(environ, "HTTP_X_ACTOR", LONGEST_ACTOR)),
        reason=_header(environ, "HTTP_X_REASON", LONGEST_REASON) or f"{operation.method} {operation.path}",
    )


def is_needed(serving: Serving) -> bool:
    """Whether only who has a token may call: where there are any, where they are asked for, and elsewhere
    than on a loopback address."""
    return bool(serving.tokens.known) or serving.rules.require or not serving.loopback


def _by_token(serving: Serving, header: str) -> tuple[str, tuple[Scope, ...]]:
    token = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
    found = serving.tokens.find(token) if token else None
    if found is None:
        raise Refusal(
            status=401,
            name="token",
            title="A token is needed",
            detail="the token is not known" if token else "there is no bearer token",
            remedy="send 'Authorization: Bearer TOKEN' with one that 'jackfield serve token' made",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found.name, found.scopes


def _anonymous(environ: Mapping[str, Any]) -> tuple[str, tuple[Scope, ...]]:
    refuse_foreign(environ)
    return ANONYMOUS, (Scope.ADMIN,)


def refuse_foreign(environ: Mapping[str, Any]) -> None:
    """Raise `Refusal` for all but a program of this machine: for a page that a browser of it shows, and for
    whoever comes by a proxy."""
    host = environ.get("HTTP_HOST", "")
    origin: str | None = environ.get("HTTP_ORIGIN")
    if (origin is not None and origin.partition("://")[2] != host) or _LOOPBACK.fullmatch(host) is None:
        raise _foreign(
            "A page of another site may not call",
            "call 127.0.0.1 or localhost, without Origin; else use a token",
        )
    if any(name.startswith(_PROXIES) for name in environ):
        raise _foreign(
            "A proxy may not call for others", "make a token with 'jackfield serve token', and send it along"
        )


def _foreign(title: str, remedy: str) -> Refusal:
    return Refusal(
        status=403,
        name="origin",
        title=title,
        detail="without a token only programs of this machine may call, by a loopback name and no proxy",
        remedy=remedy,
    )


def _actor(name: str, on_behalf: str) -> str:
    return f"service:{name} for {on_behalf}" if on_behalf else f"service:{name}"


def _header(environ: Mapping[str, Any], key: str, longest: int) -> str:
    """Return a header's text, which is UTF-8; raise `Refusal` for what no log should hold.

    (An empty one is refused: granian gives a header so that is not ASCII.)
    """
    raw = environ.get(key)
    if raw is None:
        return ""
    try:
        text = str(raw).encode("latin-1").decode()
    except UnicodeError:
        text = ""
    if not text.strip() or not text.isprintable() or len(text) > longest:
        raise Refusal(
            status=400,
            name="header",
            title="A header does not fit",
            detail=f"{key.removeprefix('HTTP_').replace('_', '-').title()} is a line of 1 to {longest}"
            " printable characters: of ASCII, or in UTF-8 where the server admits it",
            remedy="mend it, or leave it out",
        )
    return text.strip()
