"""A PostgreSQL server to test with: the one that is named, one that runs here, or one of our own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

_LOCAL: Final = "postgresql://{}@127.0.0.1:5432/postgres?connect_timeout=3"
_ROLES: Final = ("postgres", "root")
_INSTALLED: Final = "/usr/lib/postgresql"
_NONE: Final = (
    "no PostgreSQL: name a server (JACKFIELD_TEST_POSTGRES=postgresql://…), or install one"
    " (apt-get install postgresql)"
)


@contextmanager
def server() -> Generator[str]:
    """Give the URL of a server on which databases may be made; skip the test where there is none."""
    named = os.environ.get("JACKFIELD_TEST_POSTGRES")
    if named:
        yield named
        return
    running = next((url for role in _ROLES if _answers(url := _LOCAL.format(role))), None)
    if running is not None:
        yield running
        return
    binaries = _binaries()
    if binaries is None:
        pytest.skip(_NONE)
    with _started(binaries) as url:
        yield url


@contextmanager
def database(url: str, name: str, encoding: str = "UTF8") -> Generator[str]:
    """Give the URL of a new database of that name, which is removed afterwards with all who are in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        made = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE 'C'"
        connection.execute(SQL(made).format(Identifier(name), Literal(encoding)))
        yield named(url, name)
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def empty(url: str) -> None:
    """Remove the ledger from a database, and whoever is still in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA IF EXISTS jackfield CASCADE")


def named(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    parts = conninfo_to_dict(make_conninfo(url, dbname=name))
    dbname = parts.pop("dbname")
    return f"postgresql:///{dbname}?" + "&".join(f"{k}={_quoted(str(v))}" for k, v in parts.items())


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.Error:
        return False
    return True


def _binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`; the newest, where distributions keep several."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path(_INSTALLED).glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def _started(binaries: Path) -> Generator[str]:
    """Start a server of our own on a free port, as somebody who is not root."""
    folder = Path(tempfile.mkdtemp(prefix="jackfield-postgres-"))
    user = _somebody()
    if user is not None:
        shutil.chown(folder, user)
    data, port = str(folder / "data"), _free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder, timeout=60)

    try:
        run(
            str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"
        )
        # Its output would keep our pipe open for as long as it lives.
        run(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run(str(binaries / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody() -> str | None:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
