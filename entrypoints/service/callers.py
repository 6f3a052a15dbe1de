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
    header = environ.get("HTTP_AUTHORIZATION", "")
    name, scopes = _by_token(serving, header) if header or _is_needed(serving) else _anonymous(environ)
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


def _is_needed(serving: Serving) -> bool:
    return serving.rules.require or not serving.loopback


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
    """Admit a program of this machine, and no page that a browser of it shows."""
    host = environ.get("HTTP_HOST", "")
    origin: str | None = environ.get("HTTP_ORIGIN")
    foreign = origin is not None and origin.partition("://")[2] != host
    if foreign or _LOOPBACK.fullmatch(host) is None:
        raise Refusal(
            status=403,
            name="origin",
            title="A page of another site may not call",
            detail="without a token only programs of this machine may call, by a loopback name",
            remedy="call 127.0.0.1 or localhost, without Origin; else use a token",
        )
    return ANONYMOUS, (Scope.ADMIN,)


def _actor(name: str, on_behalf: str) -> str:
    return f"service:{name} for {on_behalf}" if on_behalf else f"service:{name}"


def _header(environ: Mapping[str, Any], key: str, longest: int) -> str:
    """Return a header's text, which is UTF-8; raise `Refusal` for what no log should hold."""
    raw = environ.get(key)
    if not raw:
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
            detail=f"{key.removeprefix('HTTP_').replace('_', '-').title()} is a line of at most {longest}"
            " printable characters in UTF-8",
            remedy="mend it, or leave it out",
        )
    return text.strip()
