"""Credentials: from the environment only, and needed only where the platform is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.settings.file import Target
from jackfield.entrypoints.settings.values import SIMULATED, Credentials, Sourced

_IDS: Final = ("GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYS_CLIENT_ID")
_SECRETS: Final = ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "GENESYS_CLIENT_SECRET")


def first(environ: Mapping[str, str], names: tuple[str, ...]) -> Sourced[str] | None:
    """Return the first of the variables that is set and not empty."""
    return next((Sourced(environ[name], name) for name in names if environ.get(name)), None)


def find_credentials(table: Target, environ: Mapping[str, str]) -> Sourced[Credentials]:
    """Return the target's credentials; what is not there is named, for whoever needs it.

    With several clients they are the first one's, and name what is missing of any.
    """
    if table.platform == "simulator":
        return Sourced(SIMULATED, "default")
    token = environ.get("GENESYSCLOUD_ACCESS_TOKEN")
    if token and not _own_variables(table):
        return Sourced(Credentials(access_token=Secret(token)), "GENESYSCLOUD_ACCESS_TOKEN")
    own, *others = _clients(table, environ)
    missing = (*own.value.missing, *(name for other in others for name in other.value.missing))
    return Sourced(evolve(own.value, missing=missing), own.source)


def more_clients(table: Target, environ: Mapping[str, str]) -> tuple[Credentials, ...]:
    """Return the clients behind the first that a target names."""
    return tuple(found.value for found in _clients(table, environ)[1:])


def _own_variables(table: Target) -> bool:
    return bool(table.client_id_env or table.client_secret_env or table.clients)


def _clients(table: Target, environ: Mapping[str, str]) -> list[Sourced[Credentials]]:
    if not table.clients:
        return [_client(table.client_id_env, table.client_secret_env, environ)]
    if table.client_id_env or table.client_secret_env:
        raise InvalidInput(
            "the target names one OAuth client, and a list of them",
            place="clients",
            remedy="move client_id_env and client_secret_env to the list",
        )
    return [_client(each.client_id_env, each.client_secret_env, environ) for each in table.clients]


def _client(id_env: str | None, secret_env: str | None, environ: Mapping[str, str]) -> Sourced[Credentials]:
    ids, secrets = (id_env,) if id_env else _IDS, (secret_env,) if secret_env else _SECRETS
    client, secret = first(environ, ids), first(environ, secrets)
    missing = ([] if client else [ids[0]]) + ([] if secret else [secrets[0]])
    credentials = Credentials(
        client_id=client.value if client else "",
        client_secret=Secret(secret.value if secret else ""),
        missing=tuple(missing),
    )
    return Sourced(credentials, ", ".join(s.source for s in (client, secret) if s) or "default")


def refuse_missing(credentials: Credentials) -> None:
    """Raise `InvalidInput` that names every variable that is not set."""
    if credentials.missing:
        raise InvalidInput(
            f"the environment has no {' and no '.join(credentials.missing)}",
            place="credentials",
            remedy="set what is missing; credentials are read from the environment only",
        )
