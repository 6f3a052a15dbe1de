"""A PostgreSQL server to test with: the one that is named, one of our own, or one that runs here."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
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
_NEW: Final = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
_HERE: Final = ("-c", "listen_addresses=127.0.0.1")
_QUICK: Final = ("-c", "fsync=off", "-c", "full_page_writes=off")
# Its standard input ends when this process does, however it ends; its folder goes with it.
_UNTIL_WE_END: Final = '"$@" & read -r _; kill -QUIT $!; wait; rm -rf "$0"'
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.02
_NONE: Final = (
    "no PostgreSQL: name a server (JACKFIELD_TEST_POSTGRES=postgresql://…), or install one"
    " (apt-get install postgresql)"
)


@contextmanager
def server(*, durable: bool = False) -> Generator[str]:
    """Give the URL of a server on which databases may be made; skip the test where there is none.

    One of our own waits for the disk only if it is to be *durable*: where that is measured.
    """
    named, binaries = os.environ.get("JACKFIELD_TEST_POSTGRES"), _binaries()
    if named:
        yield named
    elif binaries is not None:
        with _started(binaries, () if durable else _QUICK) as url:
            yield url
    else:
        yield _running()


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


def _running() -> str:
    found = next((url for role in _ROLES if _answers(url := _LOCAL.format(role))), None)
    return found or pytest.skip(_NONE)


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
def _started(binaries: Path, options: Sequence[str]) -> Generator[str]:
    """Run a server of our own on a free port, as somebody who is not root; it ends when we do."""
    folder = Path(tempfile.mkdtemp(prefix="jackfield-postgres-"))
    user, port = _somebody(), _free_port()
    if user is not None:
        shutil.chown(folder, user)
    _run(binaries / "initdb", "--no-sync", "-D", "data", *_NEW, user=user, cwd=folder)
    command = [str(binaries / "postgres"), "-D", "data", "-p", str(port), "-k", str(folder), *_HERE, *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            ["/bin/sh", "-c", _UNTIL_WE_END, str(folder), *command],
            user=user,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ),
    ):
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait_for(url, folder / "log")
        yield url


def _run(*command: str | Path, user: str | None, cwd: Path) -> None:
    subprocess.run(command, check=True, capture_output=True, user=user, cwd=cwd, timeout=60)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(url):
        if time.monotonic() > deadline:
            raise AssertionError(f"PostgreSQL does not start:\n{log.read_text()}")
        time.sleep(_PAUSE_S)


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
