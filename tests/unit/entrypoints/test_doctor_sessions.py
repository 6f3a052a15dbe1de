"""What the doctor finds of sessions: those left in the middle, and notices that nobody could believe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from jackfield.domain.model.sessions import life
from jackfield.domain.services.audit import Audit
from jackfield.entrypoints.doctor import access
from jackfield.entrypoints.doctor.findings import Finding, State
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.doctor.probes import Probe
from jackfield.entrypoints.doctor.sessions import sessions
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import SIMULATED, SessionTable
from tests.unit.services.sessions.enders import Ends, ends_in

NOTICES: Final = {"notices": {"url": "https://hooks.example.com/canary", "secret_env": "NOW"}}
Examine: TypeAlias = Callable[..., list[tuple[State, str]]]


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


@pytest.fixture
def examine(ends: Ends, tmp_path: Path) -> Iterator[Examine]:
    records = ends.house.records
    with ExitStack() as stack:

        def look(
            table: Mapping[str, object] | None = None,
            *,
            reached: bool = False,
            environ: Mapping[str, str] | None = None,
            platform: str = "simulator",
        ) -> list[tuple[State, str]]:
            settings = Settings(
                target="t",
                platform=platform,
                base_url="http://127.0.0.1:9",
                organization=records.organization,
                credentials=SIMULATED,
                folder=tmp_path / "t",
                sessions=SessionTable(table=table or {}, environ=environ or {}),
            )
            patient = Patient(
                settings=settings,
                trouble=None,
                probe=Probe(settings, records.clock, stack),
                clock=records.clock,
                stack=stack,
                reached=reached,
                audit=Audit(organization=records.organization, ledger=records.ledger, clock=records.clock),
            )
            if reached:
                assert [each.state for each in access.token(patient)] == [State.OK]
            return [_told(each) for each in sessions(patient)]

        yield look


def _told(finding: Finding) -> tuple[State, str]:
    return finding.state, finding.found


def test_who_has_no_sessions_is_told_so_alone(examine: Examine) -> None:
    assert examine() == [(State.OK, "none is open")]


def test_sessions_that_were_left_are_counted_by_what_they_are(ends: Ends, examine: Examine) -> None:
    ends.house.start()
    handed = ends.house.start()
    now = ends.house.clock.now()
    ends.move(handed, lambda s: life.escalated(s, handoff="handoff-1", now=now))
    assert examine()[0] == (State.OK, "2 open, none left over")
    ends.house.pass_time(121)
    told = "2 open, of these left over: 1 handed over, and not routed"
    assert examine()[0] == (State.WARNING, told)


def test_those_whose_time_is_over_are_counted(ends: Ends, examine: Examine) -> None:
    loaded = ends.house.start()
    ends.house.pass_time(loaded.state.lifetimes.idle.total_seconds())
    assert examine()[0] == (State.WARNING, "1 open, of these left over: 1 over their time")


def test_a_secret_that_is_not_set_is_a_warning_that_names_it(examine: Examine) -> None:
    table = {"notices": {**NOTICES["notices"], "previous_secret_env": "BEFORE"}}
    found = [said for state, said in examine(table) if state is State.WARNING]
    assert [said.split(" is not set")[0] for said in found] == [
        "the environment variable NOW",
        "the environment variable BEFORE",
    ]


def test_a_url_that_only_this_machine_reaches_is_a_warning(examine: Examine) -> None:
    table = {"queue": "q", "notices": {"url": "http://127.0.0.1:8/canary", "secret_env": "NOW"}}
    found = examine(table, environ={"NOW": "whsec_bmV3"}, platform="genesys")
    assert [said for state, said in found if state is State.WARNING] == [
        "the URL of [sessions.notices] is this machine's own: the platform cannot reach it"
    ]


def test_the_platform_is_asked_of_each_bot_and_of_our_webhook(examine: Examine) -> None:
    table: dict[str, Any] = {**NOTICES, "bots": {"shop": {"id": "bot-id-123"}}}
    found = examine(table, reached=True, environ={"NOW": "whsec_bmV3"})
    assert found[1:] == [
        (State.OK, "bot shop: 0 active there (its queues cannot be looked up)"),
        (State.WARNING, "the platform tells of ends not at all, and closes wait for its notices"),
    ]
