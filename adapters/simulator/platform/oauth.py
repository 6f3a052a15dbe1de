"""Access tokens for client credentials: how they are asked for, and what they allow."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import unquote_plus

from attrs import field, frozen

from jackfield.adapters.simulator.platform.answers import Answer, Rejection
from jackfield.adapters.simulator.platform.calls import Call, fields
from jackfield.adapters.simulator.store import Transaction

PATH: Final = ("oauth", "token")
TOKENS: Final = "tokens"
GRANTS: Final = "grants"

_FORM: Final = "application/x-www-form-urlencoded"
_GRANT_TYPE: Final = "client_credentials"


@frozen
class Bearer:
    """Who calls: the token's fingerprint, its scopes (None is all of them), its client, and its end."""

    fingerprint: str
    scopes: Collection[str] | None
    client: str
    expires: float


@frozen
class _Credentials:
    client: str
    secret: str = field(repr=False)


@frozen(kw_only=True)
class TokenOffice:
    """Gives tokens to the clients that it knows; without a list of clients it knows any id and secret."""

    clients: Mapping[str, str] | None = field(repr=False)
    lifetime: timedelta

    def form(self, call: Call) -> Mapping[str, str]:
        """Return what the call asks with: the query, and over it the body."""
        if call.method != "POST":
            raise Rejection("method.not.allowed", headers={"allow": "POST"}, allowed="POST")
        if call.body and call.media_type != _FORM:
            raise Rejection("unsupported.media.type", type=_FORM)
        return {**call.query, **fields(call.body.decode(errors="replace"))} if call.body else call.query

    def client(self, call: Call, form: Mapping[str, str]) -> str | None:
        """Return the id of a client that the office knows, or None."""
        offered = _basic(call.headers.get("authorization", "")) or (
            _Credentials(form.get("client_id", ""), form.get("client_secret", "")),
        )
        return next((credentials.client for credentials in offered if self._knows(credentials)), None)

    def issue(self, call: Call, form: Mapping[str, str], client: str | None) -> Answer:
        """Return a new token, or OAuth's own kind of no."""
        if client is None:
            return _refusal("invalid_client")
        if form.get("grant_type") != _GRANT_TYPE:
            return _refusal("invalid_grant")
        token = call.ids.token()
        expires = call.now.timestamp() + self.lifetime.total_seconds()
        scopes = _scopes(call.state, client, form.get("scope", "").split())
        call.state.put(TOKENS, fingerprint(token), {"client": client, "scopes": scopes, "expires": expires})
        seconds = int(self.lifetime.total_seconds())
        return Answer(200, {"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def _knows(self, credentials: _Credentials) -> bool:
        if not credentials.client or not credentials.secret:
            return False
        if self.clients is None:
            return True
        known = self.clients.get(credentials.client, "")
        return hmac.compare_digest(known.encode(), credentials.secret.encode(errors="replace"))


def bearer(call: Call) -> Bearer:
    """Return who calls; refuse a call without a token, and a token that is unknown or expired."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Rejection("authentication.required", headers={"www-authenticate": "Bearer"})
    key = fingerprint(token.strip())
    held = call.state.get(TOKENS, key)
    if held is None or held["expires"] <= call.now.timestamp():
        raise Rejection("bad.credentials", headers={"www-authenticate": "Bearer"})
    return Bearer(key, held["scopes"], held["client"], held["expires"])


def grant(state: Transaction, client: str, scopes: Iterable[str] | None) -> None:
    """Let the client's next tokens have these scopes; None is all of them."""
    if scopes is None:
        state.delete(GRANTS, client)
    else:
        state.put(GRANTS, client, {"client": client, "scopes": sorted(set(scopes))})


def fingerprint(token: str) -> str:
    """Return what is kept instead of the token."""
    return sha256(token.encode(errors="replace")).hexdigest()


def _scopes(state: Transaction, client: str, asked: Collection[str]) -> list[str] | None:
    held = state.get(GRANTS, client)
    granted: list[str] | None = None if held is None else held["scopes"]
    if not asked:
        return granted
    return [scope for scope in asked if granted is None or scope in granted]


def _basic(header: str) -> tuple[_Credentials, ...]:
    """Return the header's credentials, as they are and unescaped: clients differ in whether they escape."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        client, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return (_Credentials("", ""),)
    return _Credentials(client, secret), _Credentials(unquote_plus(client), unquote_plus(secret))


def _refusal(error: str) -> Answer:
    text = "authentication failed"
    return Answer(400, {"error": error, "description": text, "error_description": text})
