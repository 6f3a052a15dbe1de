"""A session that is over is erased: its payloads, its customer, and no figure of a report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.erasing import ActingAudit
from jackfield.domain.services.sessions.recorded.records import Loaded
from tests.unit.services.sessions.enders import Ends, ends_in

CUSTOMER = "customer-canary-471"
ORDER = "order-canary-4711"


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


@pytest.fixture
def audit(ends: Ends) -> ActingAudit:
    records = ends.house.records
    return ActingAudit(
        organization=records.organization,
        ledger=records.ledger,
        clock=records.clock,
        actor=Actor(name="dpo", reason="request 118"),
        new_id=records.new_id,
    )


@pytest.fixture
def over(ends: Ends) -> Loaded:
    loaded = ends.turned(ends.house.start(customer=CUSTOMER, attributes={"order": ORDER}))
    return ends.end(loaded)


def test_the_payloads_of_a_session_and_its_customer_are_erased(
    ends: Ends, audit: ActingAudit, over: Loaded
) -> None:
    other = ends.end(ends.house.start(customer="customer-2"))
    count = len(list(audit.entries(session=over.id)))
    assert audit.erase(session=over.id) == count
    assert not any(entry.event.payload for entry in audit.entries(session=over.id))
    view = ends.sessions.get(over.id)
    assert (view.customer, dict(view.attributes)) == ("erased", {})
    assert ends.sessions.get(other.id).customer == "customer-2"
    assert audit.verify().detached == count


def test_no_byte_of_the_customer_stays_in_the_file(
    ends: Ends, audit: ActingAudit, over: Loaded, tmp_path: Path
) -> None:
    audit.erase(session=over.id)
    ends.house.ledger.close()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(text.encode() in found for found in files for text in (CUSTOMER, ORDER))


def test_reports_go_on_counting_it(ends: Ends, audit: ActingAudit, over: Loaded) -> None:
    audit.erase(session=over.id)
    later = over.state.session.started + timedelta(hours=1)
    assert ends.sessions.report(until=later).whole.sessions == 1


def test_erasing_it_twice_is_no_error(audit: ActingAudit, over: Loaded) -> None:
    assert audit.erase(session=over.id) > 0
    assert audit.erase(session=over.id) == 0


def test_a_session_that_lives_is_not_erased(ends: Ends, audit: ActingAudit) -> None:
    loaded = ends.house.start(customer=CUSTOMER)
    with pytest.raises(Conflict, match="the session is not over"):
        audit.erase(session=loaded.id)
    assert ends.sessions.get(loaded.id).customer == CUSTOMER
    assert all(entry.event.payload for entry in audit.entries(session=loaded.id))


def test_a_session_that_there_is_not_is_not_found(audit: ActingAudit) -> None:
    with pytest.raises(NotFound, match=r"session stranger: .*'jackfield sessions list'"):
        audit.erase(session="stranger")


def test_only_one_thing_is_named(audit: ActingAudit, over: Loaded) -> None:
    with pytest.raises(InvalidInput, match="a session"):
        audit.erase(session=over.id, positions=[1])


def test_the_entries_of_a_session_are_listed(ends: Ends, audit: ActingAudit, over: Loaded) -> None:
    ends.house.start(customer="customer-2")
    assert {entry.event.subject.name for entry in audit.last(50, session=over.id)} == {over.id}
    with pytest.raises(InvalidInput, match="both are named"):
        audit.last(1, prompt="x", session=over.id)
