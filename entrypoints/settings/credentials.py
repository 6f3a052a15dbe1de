"""Credentials: from the environment only, and needed only where the platform is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

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
    """Return the target's credentials; what is not there is named, for whoever needs it."""
    if table.platform == "simulator":
        return Sourced(SIMULATED, "default")
    token = environ.get("GENESYSCLOUD_ACCESS_TOKEN")
    if token and not (table.client_id_env or table.client_secret_env):
        return Sourced(Credentials(access_token=Secret(token)), "GENESYSCLOUD_ACCESS_TOKEN")
    client = first(environ, (table.client_id_env,) if table.client_id_env else _IDS)
    secret = first(environ, (table.client_secret_env,) if table.client_secret_env else _SECRETS)
    credentials = Credentials(
        client_id=client.value if client else "",
        client_secret=Secret(secret.value if secret else ""),
        missing=tuple(_missing(table, client, secret)),
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


def _missing(table: Target, client: Sourced[str] | None, secret: Sourced[str] | None) -> Iterator[str]:
    if client is None:
        yield table.client_id_env or _IDS[0]
    if secret is None:
        yield table.client_secret_env or _SECRETS[0]
