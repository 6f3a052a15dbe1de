"""Which sessions are admitted, and what becomes of their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define, evolve

from jackfield.adapters.testing.changes import ORGANIZATION
from jackfield.adapters.testing.lines import When
from jackfield.adapters.testing.sessions import FakeSessionGateway
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.sessions.holding.admission import Admission, Permit
from jackfield.ports.sessions import Opening
from tests.unit.services.sessions.starters import LIMIT, SECOND, House, bot, opened

ENDS = 20.0
BOT = bot()
FOREIGN = Opening(session="of-others", bot=BOT.id, customer="c")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def admitted(house: House, session: str) -> Permit:
    permit = house.admission.admit(BOT, session, ends=house.clock.monotonic() + ENDS)
    assert permit is not None
    return permit


def is_full(house: House) -> bool:
    permit = house.admission.admit(BOT, "one-more", ends=house.clock.monotonic() + ENDS)
    if permit is not None:
        house.admission.cancel(permit)
    return permit is None


def test_a_bot_without_a_limit_needs_no_leave(house: House) -> None:
    permit = house.admission.admit(bot(limit=None), "s", ends=ENDS)
    assert permit == Permit()
    assert house.admission.confirm(Permit(), SECOND) is None
    assert house.gateway.calls == []


def test_as_many_are_admitted_as_the_limit_says(house: House) -> None:
    for number in range(LIMIT):
        admitted(house, f"s{number}")
    assert is_full(house)


def test_what_is_canceled_is_free_again(house: House) -> None:
    permits = [admitted(house, f"s{number}") for number in range(LIMIT)]
    house.admission.cancel(permits[0])
    assert not is_full(house)


def test_a_leave_expires_a_margin_after_its_call(house: House) -> None:
    for number in range(LIMIT):
        admitted(house, f"s{number}")
    house.pass_time(ENDS + 29)
    assert is_full(house)
    house.pass_time(1)
    assert not is_full(house)


def test_a_confirmed_place_is_kept_for_the_sessions_life(house: House) -> None:
    for number in range(LIMIT):
        permit = admitted(house, f"s{number}")
        house.gateway.start(Opening(session=f"s{number}", bot=BOT.id, customer="c"), ends=ENDS)
        slot = house.admission.confirm(permit, timedelta(hours=4))
        assert slot is not None
        assert slot.expires == house.clock.now() + timedelta(hours=4, seconds=30)
    assert house.leases("starts") == ()
    house.pass_time(4 * 3_600)
    assert is_full(house)


def test_conversations_of_others_count(house: House) -> None:
    house.gateway.start(FOREIGN, ends=ENDS)
    first = admitted(house, "first")
    assert is_full(house)
    assert [lease.holder for lease in house.leases()] == ["first"]
    house.admission.cancel(first)


def test_those_that_people_have_do_not_count(house: House) -> None:
    for _ in range(LIMIT + 3):
        house.gateway.start(evolve(FOREIGN, queue="front-desk"), ends=ENDS)
    assert not is_full(house)


def test_what_a_crashed_process_made_counts_when_its_leases_are_gone(house: House) -> None:
    sessions = [f"s{number}" for number in range(LIMIT)]
    for session in sessions:
        admitted(house, session)
    for session in sessions:
        house.gateway.start(Opening(session=session, bot=BOT.id, customer="c"), ends=ENDS)
    house.pass_time(ENDS + 31)
    assert house.leases() == ()
    assert is_full(house)


def test_an_older_start_goes_before_a_newer_one_and_not_the_other_way(house: House) -> None:
    """One place is left, and two hold leases for it: the older one has it."""
    leases = house.admission.leases
    house.gateway.start(FOREIGN, ends=ENDS)
    older = leases.acquire(ORGANIZATION, "session starts retail-id", holder="x", lifetime=9 * SECOND, limit=9)
    assert older is not None
    assert is_full(house)
    leases.release(older)
    first = admitted(house, "first")
    assert first.start is not None
    assert first.start.token > older.token


@define(eq=False, kw_only=True)
class Meanwhile(FakeSessionGateway):
    """A platform during whose first count something happens: before it counts, or after."""

    house: House
    happens: Callable[[], None]
    before: bool
    counts: int = 0

    def count_active(self, bot: str, *, enough: int, most: int | None = None, ends: float) -> int:
        self.counts += 1
        if self.counts == 1 and self.before:
            self.happens()
        active = self.house.gateway.count_active(bot, enough=enough, most=most, ends=ends)
        if self.counts == 1 and not self.before:
            self.happens()
        return active


def racing(house: House, happens: Callable[[], None], *, before: bool) -> tuple[Admission, Meanwhile]:
    gateway = Meanwhile(house=house, happens=happens, before=before)
    return evolve(house.admission, gateway=gateway), gateway


def confirming(house: House, permit: Permit) -> Callable[[], None]:
    """Return what makes the older one's conversation, and confirms it."""

    def confirm() -> None:
        house.gateway.start(Opening(session="older", bot=BOT.id, customer="c"), ends=ENDS)
        house.admission.confirm(permit, SECOND)

    return confirm


def test_what_is_confirmed_before_the_count_is_not_in_the_way_for_long(house: House) -> None:
    """It is in the list of starts, and in the count: a second look finds that there is a place."""
    admission, gateway = racing(house, confirming(house, admitted(house, "older")), before=True)
    assert admission.admit(BOT, "newer", ends=ENDS) is not None
    assert gateway.counts == 2


def test_what_is_confirmed_behind_the_count_is_in_the_list_of_starts(house: House) -> None:
    """Whoever counts first, and lists the starts then, has it in neither."""
    house.gateway.start(FOREIGN, ends=ENDS)
    admission, _ = racing(house, confirming(house, admitted(house, "older")), before=False)
    assert admission.admit(BOT, "newer", ends=ENDS) is None


def test_a_start_that_a_crash_left_is_waited_for_a_second_and_counted_once(house: House) -> None:
    crashed = admitted(house, "crashed")
    house.gateway.start(Opening(session="crashed", bot=BOT.id, customer="c"), ends=ENDS)
    house.gateway.calls.clear()
    assert crashed.place is not None
    assert is_full(house)
    assert house.gateway.calls == ["count_active"]
    assert 1 <= house.clock.monotonic() < 1.2


def test_nothing_is_held_if_the_platform_cannot_count(house: House) -> None:
    house.gateway.cut("count_active", When.BEFORE)
    with pytest.raises(Unavailable):
        house.admission.admit(BOT, "s", ends=ENDS)
    assert house.leases() == house.leases("starts") == ()


def test_an_interrupt_while_the_platform_counts_holds_nothing(house: House) -> None:
    house.gateway.cut("count_active", When.BEFORE, KeyboardInterrupt())  # type: ignore[arg-type]  # raised as any
    with pytest.raises(KeyboardInterrupt):
        house.admission.admit(BOT, "s", ends=ENDS)
    assert house.leases() == house.leases("starts") == ()


def test_a_place_that_was_lost_is_had_again_beyond_the_limit(house: House) -> None:
    late = admitted(house, "late")
    house.pass_time(ENDS + 31)
    for number in range(LIMIT):
        admitted(house, f"s{number}")
    slot = house.admission.confirm(late, SECOND)
    assert slot is not None
    assert [lease.holder for lease in house.leases()] == ["s0", "s1", "late"]


def test_leave_is_over_when_the_clock_says_so(house: House) -> None:
    permit = admitted(house, "s")
    assert house.admission.may_begin(permit)
    house.clock.step(timedelta(seconds=ENDS))
    assert not house.admission.may_begin(permit)


def test_released_is_the_place_that_the_state_has(house: House) -> None:
    sessions = [house.start() for _ in range(LIMIT)]
    assert is_full(house)
    house.admission.release(sessions[0])
    assert [lease.holder for lease in house.leases()] == [sessions[1].id]


def test_a_session_that_ended_unheard_of_gives_its_place_back(house: House) -> None:
    sessions = [house.start() for _ in range(LIMIT)]
    conversation = sessions[0].state.session.conversation
    house.gateway.finish(next(c for c in house.gateway.conversations if c == conversation))
    house.pass_time(61)
    assert not is_full(house)
    assert [lease.holder for lease in house.leases()] == [sessions[1].id]


def test_a_session_that_began_just_now_keeps_its_place_though_the_platform_does_not_show_it(
    house: House,
) -> None:
    for _ in range(LIMIT):
        house.start()
    for conversation in list(house.gateway.conversations):
        house.gateway.finish(conversation)
    house.pass_time(60)
    assert is_full(house)


def test_a_start_under_way_keeps_its_place(house: House) -> None:
    for number in range(LIMIT):
        admitted(house, f"s{number}")
    assert is_full(house)
    assert len(house.leases()) == LIMIT


def test_the_platform_is_not_asked_at_each_refusal(house: House) -> None:
    for _ in range(LIMIT):
        house.start()
    assert is_full(house)
    asked = len(house.gateway.calls)
    for _ in range(50):
        assert is_full(house)
    assert len(house.gateway.calls) == asked
    house.pass_time(10)
    assert is_full(house)
    assert len(house.gateway.calls) == asked + 1


def test_a_platform_that_cannot_say_who_ended_leaves_it_full(house: House) -> None:
    for _ in range(LIMIT):
        house.start()
    house.gateway.cut("count_active", When.BEFORE)
    assert is_full(house)
