"""Starts whose answer is lost, or whose process is: never doubled, and read back by the session's id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.adapters.testing.sessions import FakeSessionGateway
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import Conflict, OutcomeUnknown, Unavailable
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.sessions.happenings import NOTICE
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState
from jackfield.domain.services.sessions.asked.values import Overflow
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, Loaded
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.ports.assistants import ConversationId
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat
from jackfield.ports.sessions import Conversation, Opening
from tests.unit.services.sessions.starters import MINA, House, bot, opened, starting, wanted

EXPIRY_S = 51


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def left(house: House) -> Loaded:
    return house.records.load("id-1")


def test_a_lost_answer_is_read_back_at_once(house: House) -> None:
    house.gateway.cut("start", When.AFTER)
    loaded = house.start()
    assert loaded.state.session.standing is Standing.ACTIVE
    assert house.gateway.calls == ["count_active", "start", "look_up"]
    assert (house.events(loaded)[-1].payload or {})["recovered"] is True


def test_what_nobody_can_tell_is_said_with_its_id_and_a_remedy(house: House) -> None:
    house.gateway.cut("start", When.BEFORE, OutcomeUnknown("the line broke"))
    with pytest.raises(OutcomeUnknown) as unknown:
        house.start()
    assert str(unknown.value) == (
        "session id-1: no answer tells whether it was started: the line broke; after 2026-01-01 00:00:50 UTC"
        " sessions.recover() reads the platform and settles it; it is not sent again"
    )
    assert house.gateway.calls.count("start") == 1
    assert [lease.holder for lease in house.leases()] == ["id-1"]
    assert house.outcomes() == ["unknown"]


class Unanswered(FakeSessionGateway):
    """A platform whose answers take all the time that there is."""

    def start(self, opening: Opening, *, ends: float) -> Conversation:
        super().start(opening, ends=ends)
        self.clock.sleep(timedelta(seconds=ends - self.clock.monotonic()))
        raise OutcomeUnknown("no answer came in time")

    def look_up(self, bot: str, session: str, *, ends: float) -> Conversation | None:
        self.calls.append("look_up")
        self.clock.sleep(timedelta(seconds=ends - self.clock.monotonic()))
        raise Unavailable("no answer came in time")


@pytest.mark.parametrize("seconds", [2, 20, 100])
def test_a_start_without_any_answer_ends_by_its_deadline(house: House, seconds: int) -> None:
    silent = Unanswered(clock=house.clock)
    starting_ = starting(house.ledger, house.admission.leases, silent, house.clock)
    began = house.clock.monotonic()
    with pytest.raises(OutcomeUnknown):
        starting_.start(wanted(deadline=timedelta(seconds=seconds)), MINA)
    assert house.clock.monotonic() - began <= seconds
    assert silent.calls[-1] == "look_up"


def test_what_cannot_be_looked_up_either_is_settled_later_as_started(house: House) -> None:
    house.gateway.cut("start", When.AFTER)
    house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        house.start()
    house.pass_time(EXPIRY_S)
    loaded = house.starting.settle(left(house))
    assert loaded.state.session.standing is Standing.ACTIVE
    assert loaded.state.session.conversation == "conversation-1"
    assert [lease.holder for lease in house.leases()] == ["id-1"]
    assert house.gateway.calls.count("start") == 1
    assert house.events(loaded)[-1].actor == BY_ITSELF.name


def test_what_never_arrived_is_settled_later_as_come_to_nothing(house: House) -> None:
    house.gateway.cut("start", When.BEFORE, OutcomeUnknown("the line broke"))
    with pytest.raises(OutcomeUnknown):
        house.start()
    house.pass_time(EXPIRY_S)
    loaded = house.starting.settle(left(house))
    assert loaded.state.session.standing is Standing.RELEASED
    assert house.told(loaded) == ["session.start intended", "session.start failed"]
    assert house.leases() == ()
    assert house.gateway.conversations == {}


def test_an_overflow_whose_answer_was_lost_is_settled_as_one(house: House) -> None:
    house.start()
    house.start()
    house.gateway.cut("start", When.AFTER)
    house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown) as unknown:
        house.start(when_full=Overflow("vip"))
    house.pass_time(EXPIRY_S)
    loaded = house.starting.settle(house.records.load(unknown.value.place.removeprefix("session ")))
    assert (loaded.state.session.standing, loaded.state.session.queue) == (Standing.HANDING_OVER, "vip")
    assert loaded.state.handoff is not None


def test_what_may_be_under_way_is_not_settled_by_others(house: House) -> None:
    house.gateway.cut("start", When.AFTER)
    house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        house.start()
    house.pass_time(EXPIRY_S - 2)
    with pytest.raises(Conflict, match="session id-1: it is being started by me since 2026-01-01"):
        house.starting.settle(left(house))


def test_who_settles_too_late_takes_no_place_from_the_session(house: House) -> None:
    """Of two that settle it, the one whose look at the platform was too early records last."""
    house.gateway.cut("start", When.AFTER)
    house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        house.start()
    house.pass_time(EXPIRY_S)

    class SeesNothing(FakeSessionGateway):
        def look_up(self, bot: str, session: str, *, ends: float) -> Conversation | None:
            house.starting.settle(left(house))
            return super().look_up(bot, session, ends=ends)

    late = evolve(house.starting.making, gateway=SeesNothing(clock=house.clock))
    assert late.settle(left(house)).state.session.standing is Standing.ACTIVE
    assert [lease.holder for lease in house.leases()] == ["id-1"]


def test_a_started_session_is_settled_already(house: House) -> None:
    loaded = house.start()
    assert house.starting.settle(loaded) is loaded


def test_the_place_is_given_back_if_nothing_can_be_recorded(house: House) -> None:
    shaky = ShakyLedger(house.ledger, failure=Unavailable("the disk is full"))
    records = evolve(house.records, ledger=shaky)
    making = evolve(house.starting.making, records=records)
    with pytest.raises(Unavailable):
        evolve(house.starting, making=making).start(wanted(), MINA)
    assert house.gateway.calls == ["count_active"]
    assert house.leases() == house.leases("starts") == ()


def test_what_is_made_and_cannot_be_recorded_is_said_and_settled_later(house: House) -> None:
    shaky = ShakyLedger(house.ledger)

    def break_it() -> None:
        shaky.failure = Unavailable("the disk is full")

    begun = _meeting(house, break_it, ledger=shaky)
    with pytest.raises(OutcomeUnknown, match="it is on the platform and could not be recorded; mend"):
        begun.start(wanted(), MINA)
    house.pass_time(EXPIRY_S)
    assert house.starting.settle(left(house)).state.session.standing is Standing.ACTIVE


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_doubles_nothing(house: House, moment: str) -> None:
    interrupt = KeyboardInterrupt()
    when = When.BEFORE if moment == "before" else When.AFTER
    house.gateway.cut("start", when, interrupt)  # type: ignore[arg-type]  # raised as any other
    with pytest.raises(KeyboardInterrupt):
        house.start()
    house.pass_time(EXPIRY_S)
    settled = house.starting.settle(left(house)).state.session.standing
    assert settled is (Standing.RELEASED if moment == "before" else Standing.ACTIVE)
    assert house.gateway.calls.count("start") == 1


def test_an_end_that_was_heard_of_first_is_what_is_returned(house: House) -> None:
    def settle_as_others_do() -> None:
        house.pass_time(EXPIRY_S)
        house.starting.settle(left(house))

    begun = _meeting(house, settle_as_others_do)
    loaded = begun.start(wanted(), MINA)
    assert loaded.state.session.standing is Standing.ACTIVE
    assert house.told(loaded).count("session.start succeeded") == 1
    assert len(house.leases()) == 1


def test_a_session_that_ended_meanwhile_keeps_no_place(house: House) -> None:
    def end() -> None:
        loaded = left(house)
        house.admission.release(loaded)
        session = evolve(loaded.state.session, standing=Standing.CLOSED, conversation="conversation-1")
        house.records.commit(loaded, evolve(loaded.state, session=session, slot=None, pending=None))

    loaded = _meeting(house, end).start(wanted(), MINA)
    assert loaded.state.session.standing is Standing.CLOSED
    assert house.leases() == ()


def test_a_conversation_that_was_known_to_be_nobodys_is_the_sessions_now(house: House) -> None:
    def notice() -> None:
        subject = house.records.conversation_subject(ConversationId("conversation-1"))
        event = house.records.event(subject, NOTICE, Outcome.SUCCEEDED, BY_ITSELF, {})
        state = ConversationState(session=None)
        house.ledger.commit(Change(subject=subject, expected=0, state=state, events=(event,)))

    loaded = _meeting(house, notice).start(wanted(), MINA)
    found = house.records.of_conversation(ConversationId("conversation-1"))
    assert found == (2, ConversationState(session=loaded.id))


def test_one_that_was_given_up_and_is_there_after_all_is_told(house: House) -> None:
    def give_up() -> None:
        house.pass_time(EXPIRY_S)
        held, house.gateway.conversations = house.gateway.conversations, {}
        house.starting.settle(left(house))
        house.gateway.conversations = held

    with pytest.raises(OutcomeUnknown, match="on the platform as conversation-1, after it was recorded as"):
        _meeting(house, give_up).start(wanted(), MINA)
    assert house.leases() == ()


def test_a_process_that_stood_still_sends_nothing(house: House) -> None:
    class Sleepy(ShakyLedger):
        def commit(self, *changes: Change) -> Receipt | Repeat:
            house.clock.step(timedelta(hours=1))
            return super().commit(*changes)

    making = evolve(house.starting.making, records=evolve(house.records, ledger=Sleepy(house.ledger)))
    with pytest.raises(Conflict, match="no time was left for its call, which was not sent"):
        evolve(house.starting, making=making).start(wanted(), MINA)
    assert "start" not in house.gateway.calls
    assert left(house).state.session.standing is Standing.RELEASED


def _meeting(house: House, meanwhile: Callable[[], None], ledger: Ledger | None = None) -> Starting:
    """What starts sessions while something happens between the platform's answer and its record."""

    class Gateway(FakeSessionGateway):
        def start(self, opening: Opening, *, ends: float) -> Conversation:
            made = house.gateway.start(opening, ends=ends)
            meanwhile()
            return made

    gateway = Gateway(clock=house.clock, conversations=house.gateway.conversations)
    return starting(ledger or house.ledger, house.admission.leases, gateway, house.clock, (bot(),))
