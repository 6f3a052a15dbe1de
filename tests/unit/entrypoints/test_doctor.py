"""The doctor's parts: a check that breaks, a call that hangs, a ledger with a change left over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.states import Operation, PromptState, Verb
from jackfield.domain.model.subjects import Kind, Subject, organization
from jackfield.entrypoints.doctor import ledgers, sources
from jackfield.entrypoints.doctor.examination import _guarded
from jackfield.entrypoints.doctor.findings import Finding, State, ok
from jackfield.entrypoints.doctor.hosting import clock as clock_check
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.doctor.probes import Heard, Probe, within
from jackfield.entrypoints.doctor.storage import file_system, room
from jackfield.entrypoints.settings import Settings
from jackfield.ports.ledger import Change


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def patient(tmp_path: Path, clock: FrozenClock) -> Iterator[Patient]:
    settings = Settings(
        target="t", platform="simulator", organization=organization("acme"), folder=tmp_path / "state" / "t"
    )
    with ExitStack() as stack:
        probe = Probe(settings, clock, stack)
        yield Patient(settings=settings, trouble=None, probe=probe, clock=clock, stack=stack)


def test_a_check_that_breaks_keeps_what_it_found_before(patient: Patient) -> None:
    def broken(_patient: Patient) -> Iterator[Finding]:
        yield ok("x", "first")
        raise ZeroDivisionError("canary")

    found = list(_guarded("x", broken, patient))

    assert [(each.state, each.found) for each in found] == [
        (State.OK, "first"),
        (State.FAILED, "x: the check itself failed (ZeroDivisionError)"),
    ]


def test_a_check_that_fails_by_our_error_is_a_finding_with_its_remedy(patient: Patient) -> None:
    def refused(_patient: Patient) -> list[Finding]:
        raise InvalidInput("wrong", place="here", remedy="mend it")

    (found,) = _guarded("x", refused, patient)

    assert (found.state, found.found, found.remedy) == (State.FAILED, "here: wrong", "mend it")


def test_what_hangs_is_left_alone() -> None:
    released = threading.Event()
    with pytest.raises(Unavailable, match="no answer in 0 s"):
        within(timedelta(milliseconds=10), released.wait)
    released.set()


def test_what_answers_in_time_is_returned_or_raised() -> None:
    assert within(timedelta(seconds=5), lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(timedelta(seconds=5), lambda: 1 / 0)


def _begun(patient: Patient, *, expires: timedelta) -> None:
    operation = Operation(
        id="1",
        verb=Verb.PROMOTE,
        version="1.0.0",
        owner="host:1",
        actor="mina",
        reason="why",
        started=patient.clock.now(),
        expires=patient.clock.now() + expires,
    )
    subject = Subject(patient.settings.organization, Kind.PROMPT, "greeting")
    with SqliteLedger(patient.settings.folder / "ledger.db") as ledger:
        ledger.commit(Change(subject=subject, expected=0, state=PromptState(pending=operation)))


@pytest.mark.parametrize(
    ("expires", "state", "said"),
    [
        (timedelta(seconds=-1), State.WARNING, "was left over"),
        (timedelta(seconds=90), State.OK, "is under way, until 2026-01-01 00:01:30 UTC at most"),
    ],
)
def test_a_change_that_is_not_settled_is_told(
    patient: Patient, expires: timedelta, state: State, said: str
) -> None:
    _begun(patient, expires=expires)

    list(ledgers.ledger(patient))
    (found,) = ledgers.pending(patient)

    assert (found.state, found.found) == (
        state,
        f"prompt greeting: prompt.promote 1.0.0 by mina (host:1) {said}",
    )


MOUNTS = [
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "30 22 0:40 / /srv/home rw,relatime shared:2 - nfs4 server:/home rw",
    "31 30 0:41 / /srv/home/my\\040disk rw - xfs /dev/sdb rw",
    "nonsense",
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/x", "ext4"), ("/srv/home/me", "nfs4"), ("/srv/homely", "ext4"), ("/srv/home/my disk/x", "xfs")],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert file_system(MOUNTS, Path(path)) == kind


@pytest.mark.parametrize(
    ("free", "kind", "state"),
    [
        (10**12, "ext4", State.OK),
        (10**12, "", State.OK),
        (10**12, "nfs4", State.WARNING),
        (50_000_000, "ext4", State.WARNING),
        (4096, "ext4", State.FAILED),
    ],
)
def test_little_room_and_a_far_disk_are_told(free: int, kind: str, state: State, tmp_path: Path) -> None:
    assert room(free, kind, tmp_path).state == state


@pytest.mark.parametrize(
    "date", [{}, {"date": ""}, {"date": "yesterday"}, {"date": "Thu, 01 Jan 2026 00:00:00"}]
)
def test_a_platform_that_tells_no_date_is_not_judged(patient: Patient, date: dict[str, str]) -> None:
    patient.probe.heard = Heard(Response(status=200, headers=date), patient.clock.now())

    (found,) = clock_check(patient)

    assert found.state == State.SKIPPED


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("http://platform.invalid", "warning"),
        ("HTTP://192.0.2.7:8080/x", "warning"),
        ("http://[2001:db8::1]", "warning"),
        ("https://platform.invalid", "ok"),
        ("http://localhost:9", "ok"),
        ("http://127.9.9.9:9", "ok"),
        ("http://[::1]:9", "ok"),
    ],
)
def test_plain_http_to_another_machine_is_a_warning(patient: Patient, url: str, state: str) -> None:
    patient.settings = evolve(patient.settings, platform="genesys", base_url=url)

    assert [each.state for each in sources.region(patient)] == [state]
