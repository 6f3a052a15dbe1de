"""Where the database is: its URL with the password in it, and what of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from attrs import frozen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret

# What is shown must be no part of a password: one with a raw '@', '/' or ':' moves into these fields.
_HOSTS: Final = re.compile(r"[A-Za-z0-9._:/,-]{0,1000}")
_PORTS: Final = re.compile(r"[0-9,]{0,100}")
_NAME: Final = re.compile(r"[\w.$-]{0,63}")
_OPTION: Final = re.compile(r"[a-zA-Z_]{1,40}")
_DEFAULTS: Final[Mapping[str, str]] = {
    "application_name": "jackfield",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "target_session_attrs": "read-write",
}
"""A dead network is noticed within half a minute; of several hosts, the one that takes writes is used."""


@frozen
class Address:
    """A database's URL; `str` of it shows hosts, ports and the database's name, and nothing else."""

    url: Secret
    shown: str

    def __str__(self) -> str:
        return self.shown

    def parameters(self) -> dict[str, Any]:
        """Return what to connect with; the URL's own options win over ours."""
        return {**_DEFAULTS, **_parsed(self.url), "client_encoding": "UTF8"}


def address(url: Secret) -> Address:
    """Read *url*; raise `InvalidInput`, which repeats nothing of it, for one that libpq would not take."""
    parsed = _parsed(url)
    host, port, name = (str(parsed.get(key, "")) for key in ("host", "port", "dbname"))
    if not (_HOSTS.fullmatch(host) and _PORTS.fullmatch(port) and _NAME.fullmatch(name)):
        raise _unusable()
    where = f"{host}:{port}" if port else host
    return Address(url, f"postgresql://{where}/{name}")


def _parsed(url: Secret) -> dict[str, Any]:
    try:
        return conninfo_to_dict(url.reveal())
    except (psycopg.Error, ValueError):  # its text may repeat the password
        raise _stray(url.reveal()) or _unusable() from None


def _stray(url: str) -> InvalidInput | None:
    """Return what tells of an option that libpq does not know, by its name alone.

    None where an '@' follows the '?': that is of a password then, and so is what looks like an option.
    """
    query = url.partition("?")[2]
    names = () if "@" in query else (each.partition("=")[0] for each in query.split("&"))
    known = {*(each.keyword.decode() for each in Conninfo.get_defaults()), "ssl"}
    wrong = next((name for name in names if _OPTION.fullmatch(name) and name not in known), None)
    if wrong is None:
        return None
    return InvalidInput(
        f"the URL of the PostgreSQL database has an option {wrong!r}, which is unknown",
        place="ledger",
        remedy="remove it from behind the '?', or mend its name",
    )


def _unusable() -> InvalidInput:
    return InvalidInput(
        "it is not a URL of a PostgreSQL database",
        place="ledger",
        remedy="write postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, and '@', '/', ':',"
        " '?', '#' and '%' of user and password as %40, %2F, %3A, %3F, %23 and %25",
    )
