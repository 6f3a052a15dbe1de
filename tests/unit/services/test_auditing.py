"""The audit log: every step is there, and what is kept is what it tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import ChainBroken, InvalidInput, NotFound, OutcomeUnknown
from jackfield.domain.model.kept import State
from jackfield.domain.model.states import PromptState, Verb, VersionState
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.ports.ledger import Change
from tests.unit.services.conftest import NAME, House, version


def alter(core: Core, subject: Subject, change: Callable[[State | None], State]) -> None:
    """Write a state as somebody with the file would: without an event."""
    found = core.audit.ledger.read(subject)
    core.audit.ledger.commit(Change(subject=subject, expected=found.revision, state=change(found.state)))


def prompt(core: Core) -> Subject:
    return Subject(core.settings.organization, Kind.PROMPT, NAME)


def test_a_log_of_every_verb_verifies(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME, freeze=True)
    two.unfreeze(NAME)
    assert core.audit.verify().entries == 12


def test_an_adopted_prompt_verifies(me: ActingPrompts, core: Core, house: House) -> None:
    house.open("other").acting_as("tom", reason="earlier").prompts.publish(version("1.0.0"))
    me.publish(version("1.1.0"))
    assert core.audit.verify().entries == 3


def test_an_altered_history_is_found(two: ActingPrompts, core: Core) -> None:
    def lie(state: State | None) -> State:
        assert isinstance(state, PromptState)
        entries = tuple(evolve(e, actor="somebody else") for e in state.history.entries)
        return evolve(state, history=evolve(state.history, entries=entries))

    alter(core, prompt(core), lie)
    with pytest.raises(ChainBroken, match="prompt escalation: what is kept of it is not what the log tells"):
        core.audit.verify()


def test_an_altered_version_is_found(two: ActingPrompts, core: Core) -> None:
    def lie(state: State | None) -> State:
        assert isinstance(state, VersionState)
        return evolve(state, definition=version("1.1.0", "a kinder text"))

    alter(core, Subject(core.settings.organization, Kind.VERSION, f"{NAME}@1.1.0"), lie)
    with pytest.raises(ChainBroken):
        core.audit.verify()


def test_an_invented_prompt_is_found(two: ActingPrompts, core: Core) -> None:
    invented = Subject(core.settings.organization, Kind.PROMPT, "invented")
    alter(core, invented, lambda _: PromptState(remote_id="x"))
    with pytest.raises(ChainBroken, match="prompt invented"):
        core.audit.verify()


@pytest.fixture
def left(house: House, two: ActingPrompts) -> ActingPrompts:
    """A promotion of which nobody knows whether it happened."""
    for method in ("PUT", "GET"):
        for _ in range(4):
            house.line.cut(method, When.AFTER, lambda: OutcomeUnknown("the answer was lost"))
    with pytest.raises(OutcomeUnknown):
        two.promote(two.version(NAME, "1.1.0"), force=True)
    return two


def test_what_is_under_way_is_no_alteration(left: ActingPrompts, core: Core) -> None:
    assert core.audit.verify().entries == 5


def test_a_change_that_was_settled_meanwhile_is_no_alteration(
    left: ActingPrompts, core: Core, wait: Callable[[float], None]
) -> None:
    wait(121)
    left.promote(left.version(NAME, "1.1.0"))
    assert core.audit.verify().entries == 6


def test_a_lock_that_nobody_took_is_found(two: ActingPrompts, core: Core) -> None:
    operation = two.operations.operation(Verb.PROMOTE, "1.1.0", two.actor, content_hash="x")
    alter(core, prompt(core), lambda state: evolve(cast("PromptState", state), pending=operation))
    with pytest.raises(ChainBroken):
        core.audit.verify()


def test_a_lock_that_was_taken_away_is_found(left: ActingPrompts, core: Core) -> None:
    alter(core, prompt(core), lambda state: evolve(cast("PromptState", state), pending=None))
    with pytest.raises(ChainBroken):
        core.audit.verify()


def test_a_lock_that_was_made_longer_is_found(left: ActingPrompts, core: Core) -> None:
    def longer(state: State | None) -> State:
        assert isinstance(state, PromptState)
        assert state.pending is not None
        for_ever = state.pending.expires + timedelta(days=10_000)
        return evolve(state, pending=evolve(state.pending, expires=for_ever))

    alter(core, prompt(core), longer)
    with pytest.raises(ChainBroken):
        core.audit.verify()


@pytest.mark.parametrize("field", ["number", "hash"])
def test_a_version_under_another_number_or_hash_is_found(two: ActingPrompts, core: Core, field: str) -> None:
    def lie(state: State | None) -> State:
        assert isinstance(state, VersionState)
        if field == "hash":
            return evolve(state, content_hash="0" * 64)
        return evolve(state, definition=evolve(state.definition, version="9.9.9"))

    alter(core, Subject(core.settings.organization, Kind.VERSION, f"{NAME}@1.1.0"), lie)
    with pytest.raises(ChainBroken):
        core.audit.verify()


def test_the_newest_entries_come_oldest_first(two: ActingPrompts, core: Core) -> None:
    assert [e.position for e in core.audit.last(2)] == [3, 4]


def test_no_entries_cannot_be_asked_for(core: Core) -> None:
    with pytest.raises(InvalidInput, match="number from 1"):
        core.audit.last(0)


def test_the_entries_of_an_unknown_prompt_are_not_found(core: Core) -> None:
    with pytest.raises(NotFound, match="prompt stranger"):
        core.audit.last(5, prompt="stranger")


def test_payloads_hold_no_text_of_a_prompt(two: ActingPrompts, core: Core) -> None:
    words = {"Help with", "voice", "calm"}
    log = str([e.event.payload for e in core.audit.entries()])
    assert {word for word in words if word in log} == set()
