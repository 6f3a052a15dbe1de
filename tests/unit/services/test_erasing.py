"""Payloads of the audit log go for good; the chain, and what it is compared with, stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import apsw
import attrs
import pytest
from attrs import evolve

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.errors import ChainBroken, InvalidInput, NotFound, Unavailable
from jackfield.domain.model.events import Entry
from jackfield.domain.model.kept import State
from jackfield.domain.model.states import PromptState
from jackfield.domain.services.erasing import ActingAudit
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.test_auditing import alter, prompt


@pytest.fixture
def audit(core: Core) -> ActingAudit:
    return core.auditing_as("dpo", reason="request 118")


def with_payload(core: Core) -> list[int]:
    return [e.position for e in core.audit.entries() if e.event.payload is not None]


def test_the_payloads_of_a_prompt_are_erased(two: ActingPrompts, core: Core, audit: ActingAudit) -> None:
    two.publish(evolve(FIRST, name="other"))
    assert audit.erase(prompt=NAME) == 4
    assert with_payload(core) == [5, 6, 7]


def test_the_payloads_before_a_time_are_erased(
    two: ActingPrompts, core: Core, audit: ActingAudit, house: House, wait: Callable[[float], None]
) -> None:
    wait(10)
    before = house.clock.now()
    two.publish(version("2.0.0"))
    assert audit.erase(before=before) == 4
    assert with_payload(core) == [5, 6, 7]


def test_the_payloads_of_single_entries_are_erased(
    two: ActingPrompts, core: Core, audit: ActingAudit
) -> None:
    assert audit.erase(positions=[1, 3]) == 2
    assert with_payload(core) == [2, 4, 5]


def test_payloads_older_than_the_retention_are_erased(
    two: ActingPrompts, core: Core, audit: ActingAudit, wait: Callable[[float], None]
) -> None:
    wait(86_400.0)
    two.publish(version("2.0.0"))
    assert audit.erase_older(timedelta(hours=12)) == 4
    assert audit.erase_older(timedelta(hours=12)) == 0


def test_an_erasure_is_an_entry_of_its_own(two: ActingPrompts, core: Core, audit: ActingAudit) -> None:
    audit.erase(positions=[1, 2, 3])
    event = core.audit.last(1)[0].event
    assert (event.type, event.actor, event.reason) == ("audit.erase", "dpo", "request 118")
    assert event.payload is not None
    assert event.payload["positions"] == [[1, 3]]


def test_erasing_twice_writes_no_second_entry(two: ActingPrompts, core: Core, audit: ActingAudit) -> None:
    assert (audit.erase(prompt=NAME), audit.erase(prompt=NAME)) == (4, 0)
    assert core.audit.verify().entries == 5


def test_what_tells_of_an_erasure_is_not_erased(
    two: ActingPrompts, core: Core, audit: ActingAudit, house: House
) -> None:
    audit.erase(prompt=NAME)
    assert audit.erase(before=house.clock.now() + timedelta(days=1)) == 0
    assert with_payload(core) == [5]


def test_the_log_verifies_and_counts_what_was_erased(
    two: ActingPrompts, core: Core, audit: ActingAudit
) -> None:
    anchor = core.audit.anchor()
    audit.erase(positions=[1])
    audit.erase(prompt=NAME)
    verified = core.audit.verify(anchors=[anchor])
    assert (verified.entries, verified.detached) == (6, 4)


def test_an_altered_state_is_found_also_after_an_erasure(
    two: ActingPrompts, core: Core, audit: ActingAudit
) -> None:
    def lie(state: State | None) -> State:
        assert isinstance(state, PromptState)
        entries = tuple(evolve(e, actor="somebody else") for e in state.history.entries)
        return evolve(state, history=evolve(state.history, entries=entries))

    audit.erase(prompt=NAME)
    alter(core, prompt(core), lie)
    with pytest.raises(ChainBroken, match="prompt escalation: what is kept of it is not what the log tells"):
        core.audit.verify()


def test_a_payload_that_somebody_else_removed_is_found(
    two: ActingPrompts, core: Core, audit: ActingAudit, house: House
) -> None:
    audit.erase(positions=[1])
    connection = apsw.Connection(str(house.folder / "ledger.db"))
    connection.execute("UPDATE entries SET payload = NULL WHERE position = 2")
    connection.close()
    with pytest.raises(ChainBroken, match="audit entry 2: its payload is gone, and no entry tells of its"):
        core.audit.verify()


def test_a_prompt_goes_on_after_an_erasure(two: ActingPrompts, core: Core, audit: ActingAudit) -> None:
    audit.erase(prompt=NAME)
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    assert core.audit.verify().detached == 4
    assert two.definition(NAME, "1.1.0") == version("1.1.0")


def files(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(folder.glob("ledger.db*")))


def test_no_byte_of_an_erased_payload_stays_in_the_files(
    two: ActingPrompts, core: Core, audit: ActingAudit, house: House
) -> None:
    for number in range(60):
        two.promote(two.version(NAME, f"1.{number % 2}.0"), force=True)
    assert b'"before":"' in files(house.folder)
    assert b"latency_us" in files(house.folder)
    audit.erase(prompt=NAME)
    assert b'"before":"' not in files(house.folder)
    assert b"latency_us" not in files(house.folder)
    assert core.audit.verify().detached == 124


def test_bytes_that_another_keeps_are_told_and_go_when_it_has_ended(
    two: ActingPrompts, audit: ActingAudit, house: House
) -> None:
    path = house.folder / "ledger.db"
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entries").fetchall()
    with SqliteLedger(path, patience=timedelta(milliseconds=20)) as impatient:
        hasty = evolve(audit, ledger=impatient)
        with pytest.raises(
            Unavailable, match=r"detached, but their bytes are still in the file .*erase again"
        ):
            hasty.erase(prompt=NAME)
    assert b"estimated_context_tokens" in files(house.folder)
    reader.close()
    assert audit.erase(prompt=NAME) == 0
    assert b"estimated_context_tokens" not in files(house.folder)
    assert audit.verify().detached == 4


@pytest.mark.parametrize("positions", [[0], [5], [1, 99]])
def test_an_entry_that_is_not_there_is_named(
    two: ActingPrompts, audit: ActingAudit, positions: list[int]
) -> None:
    with pytest.raises(NotFound, match="there is no entry"):
        audit.erase(positions=positions)


def test_an_unknown_prompt_is_named(audit: ActingAudit) -> None:
    with pytest.raises(NotFound, match="prompt stranger"):
        audit.erase(prompt="stranger")


def test_nothing_and_two_things_cannot_be_erased(two: ActingPrompts, audit: ActingAudit) -> None:
    with pytest.raises(InvalidInput, match="which payloads"):
        audit.erase()
    with pytest.raises(InvalidInput, match="which payloads"):
        audit.erase(prompt=NAME, positions=[1])


def test_nobody_erases_without_a_reason(core: Core) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        core.auditing_as("dpo", reason=" ")


def test_two_who_erase_at_once_do_not_both_claim_it(
    two: ActingPrompts, core: Core, audit: ActingAudit
) -> None:
    class Overtaken(ActingAudit):
        """Somebody else erases while this one walks along the chain."""

        others: ClassVar = [audit]

        def entries(self, **named: Any) -> Iterator[Entry]:
            yield from tuple(super().entries(**named))
            for other in (self.others.pop() for _ in tuple(self.others)):
                other.erase(positions=[1, 2])

    fields = {f.name: getattr(audit, f.name) for f in attrs.fields(ActingAudit)}
    assert Overtaken(**fields).erase(positions=[1, 2]) == 0
    assert [e.event.type for e in core.audit.entries()].count("audit.erase") == 1
