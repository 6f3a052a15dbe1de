"""The command on several machines that share a PostgreSQL ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.postgres import PostgresLedger
from jackfield.adapters.postgres.sight import Sight
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.doctor.databases import warnings
from jackfield.entrypoints.doctor.findings import State
from tests.e2e.command.conftest import House, Ran

NAME = "greeting"
CANARY = "canary-password"
OnMachine = Callable[[str], House]


@pytest.fixture
def machine(
    house: House, platform: str, postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> OnMachine:
    """Sit down at a machine: each has a state folder of its own, and the same settings."""
    house.settings(
        f'[targets.prod]\nplatform = "genesys"\nbase_url = "{platform}"\n'
        f'organization = "acme"\nledger_env = "LEDGER"\n'
    )
    monkeypatch.setenv("LEDGER", postgres)

    def sit_down(name: str) -> House:
        monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / name))
        monkeypatch.setenv("JACKFIELD_ACTOR", f"user:{name}")
        return house

    return sit_down


def ledger_of(ran: Ran) -> list[tuple[str, str]]:
    """What the doctor says of the ledger, but that the tests' own server does not wait for the disk."""
    found = [(each["state"], each["found"]) for each in ran.json["findings"] if each["name"] == "ledger"]
    return [(state, said) for state, said in found if "fsync is off" not in said]


def test_what_one_machine_does_the_other_knows(machine: OnMachine) -> None:
    name = f"shared-{token_hex(4)}"
    one = machine("one")
    for version in ("1.0.0", "1.1.0"):
        assert one("publish", one.write(version, f"as {version}", name)).code == 0
    two = machine("two")
    assert two("promote", name, "1.1.0", "--expecting", "1.0.0").code == 0
    late = machine("one")("promote", name, "1.1.0", "--expecting", "1.0.0")
    assert (late.code, "1.1.0" in late.err) == (3, True)
    told = machine("one")("log", name, "--format", "json").json["log"]
    assert [each["by"] for each in told] == ["user:one", "user:two"]
    assert "no change found" in one("audit", "verify").out


def test_a_backup_names_what_to_use_instead(machine: OnMachine) -> None:
    ran = machine("one")("backup", "copy.db")
    assert (ran.code, "pg_dump --schema=jackfield" in ran.err) == (1, True)


def test_the_doctor_makes_no_tables_and_says_what_it_sees(machine: OnMachine, postgres: str) -> None:
    found = ledger_of(machine("one")("doctor", "--format", "json"))
    assert [state for state, _ in found] == ["ok"]
    assert "answers, PostgreSQL" in found[0][1]
    assert "no tables yet" in found[0][1]
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT to_regnamespace('jackfield')").fetchall() == [(None,)]


def test_the_doctor_walks_the_chain(machine: OnMachine) -> None:
    one = machine("one")
    one("publish", one.write("1.0.0", "kindly", f"seen-{token_hex(4)}"))
    found = ledger_of(one("doctor", "--format", "json"))
    assert [state for state, _ in found] == ["ok", "ok"]
    assert "a whole chain" in found[1][1]


def test_rights_that_are_missing_are_named_and_the_password_is_not(
    machine: OnMachine, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    PostgresLedger(Secret(postgres)).close()
    role = f"jackfield_{token_hex(4)}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(CANARY)))
        try:
            admin.execute(SQL("GRANT USAGE ON SCHEMA jackfield TO {}").format(Identifier(role)))
            admin.execute(
                SQL("GRANT SELECT ON ALL TABLES IN SCHEMA jackfield TO {}").format(Identifier(role))
            )
            monkeypatch.setenv("LEDGER", _as(postgres, role))
            ran = machine("one")("doctor", "--format", "json")
            published = machine("one")("publish", machine("one").write("1.0.0", "kindly", "refused"))
        finally:
            admin.execute(SQL("DROP OWNED BY {}").format(Identifier(role)))
            admin.execute(SQL("DROP ROLE {}").format(Identifier(role)))
    found = ledger_of(ran)
    assert ("failed", True) in [(state, "INSERT on jackfield.entries" in said) for state, said in found]
    assert (published.code, "lacks a right" in published.err) == (5, True)
    assert CANARY not in ran.all + published.all


def _as(url: str, role: str) -> str:
    parts = conninfo_to_dict(url)
    return f"postgresql://{role}:{CANARY}@{parts['host']}:{parts.get('port', 5432)}/{parts['dbname']}"


@pytest.mark.parametrize("command", ["status", "doctor", "publish"])
def test_a_password_appears_nowhere_when_nobody_answers(
    machine: OnMachine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LEDGER", f"postgresql://me:{CANARY}@127.0.0.1:9/x")
    one = machine("one")
    more = [one.write("1.0.0", "kindly")] if command == "publish" else []
    ran = one("--verbose", command, *more) if command != "doctor" else one(command)
    assert ran.code != 0
    assert CANARY not in ran.all


def test_a_machine_whose_clock_is_off_does_not_open_the_ledger(
    machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("one")("status")
    now = SystemClock.now

    def late(clock: SystemClock) -> datetime:
        return now(clock) - timedelta(minutes=5)

    monkeypatch.setattr(SystemClock, "now", late)
    ran = machine("one")("status")
    assert (ran.code, "clock is 300 s behind the database server's" in ran.err) == (5, True)
    found = ledger_of(machine("one")("doctor", "--format", "json"))
    assert "failed" in [state for state, _ in found]


def test_without_psycopg_the_extra_is_named(machine: OnMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    one = machine("one")
    ran, examined = one("status"), one("doctor")
    assert (ran.code, "pip install 'jackfield[postgres]'" in ran.err) == (1, True)
    assert "pip install 'jackfield[postgres]'" in examined.out


def test_what_works_and_may_not_for_long_is_a_warning() -> None:
    sight = Sight(
        place="postgresql://h/x",
        server=130_011,
        tables=1,
        encrypted=False,
        local=False,
        syncs=False,
        can_make=True,
        can_erase=False,
        lacking=(),
        latency=timedelta(milliseconds=1),
        server_time=datetime.now(UTC),
    )
    found = list(warnings(sight))
    assert {each.state for each in found} == {State.WARNING}
    words = ("PostgreSQL 13", "not encrypted", "fsync is off", "does not own")
    assert [word in each.found for word, each in zip(words, found, strict=True)] == [True] * len(words)
